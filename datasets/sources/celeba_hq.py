"""CelebA-HQ, faces of 256 x 256 x 3 pixels (Karras et al., 2018)."""

from pathlib import Path

from pydantic import Field

from datasets.pictures import Shaping, every, rows_of
from suite.protocol.image_files import image_files
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split


class CelebaHqSettings(Settings):
    """The folder of CelebA-HQ, and the size of its images."""

    path: Path = Path("resources/downloads/celeba-hq")
    """folder of the image files"""
    size: int = Field(256, ge=16, le=1024)
    """height and width [pixels]"""


def open_celeba_hq(settings: CelebaHqSettings, split: Split) -> Rows:
    """Rows by file name. The authors define no split, so every tenth image is held out."""
    files = every(image_files(settings.path), 10, split == "heldout")
    return rows_of(files, Shaping(settings.size, 3))


CELEBA_HQ = Source(
    "celeba-hq",
    "CelebA-HQ",
    CelebaHqSettings,
    open_celeba_hq,
    files=lambda settings: image_files(settings.path),
)
