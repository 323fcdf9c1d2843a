"""One class of ImageNet at 128 x 128 x 3 (Deng et al., 2009); the paper takes the daisies."""

from pathlib import Path

from pydantic import Field

from datasets.pictures import Shaping, rows_of
from suite.protocol.image_files import image_files
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split

FOLDERS = {"train": "train", "heldout": "val"}


class ImagenetSettings(Settings):
    """The folder of ImageNet, which class to use, and the shape of its images."""

    path: Path = Path("resources/downloads/imagenet")
    """folder with train/WNID/ and val/WNID/, the images of each class"""
    wnid: str = Field("n11939491", pattern=r"^n\d{8}$")
    """WordNet id of the class; default: daisy"""
    size: int = Field(128, ge=16, le=1024)
    """height and width [pixels]"""
    crop: bool = False
    """cut out the largest centred square first"""


def open_imagenet(settings: ImagenetSettings, split: Split) -> Rows:
    """Rows of the class by file name; its validation images are the held-out split."""
    files = image_files(settings.path / FOLDERS[split] / settings.wnid)
    return rows_of(files, Shaping(settings.size, 3, "square" if settings.crop else None))


def files(settings: ImagenetSettings) -> list[Path]:
    """The image files of the class, of both splits."""
    folders = (settings.path / name / settings.wnid for name in FOLDERS.values())
    return [file for folder in folders for file in image_files(folder)]


IMAGENET = Source("imagenet", "ImageNet", ImagenetSettings, open_imagenet, files=files)
