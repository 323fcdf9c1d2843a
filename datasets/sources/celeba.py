"""CelebA, faces of men with straight hair at 64 x 64 x 3 (Liu et al., 2015; paper, section 4)."""

from pathlib import Path

from pydantic import Field

from datasets.pictures import Shaping, rows_of
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split
from suite.running.errors import InputError, unknown
from suite.running.files import read_text

IMAGES, ATTRIBUTES = "img_align_celeba", "list_attr_celeba.txt"
LAST_OF_TRAIN, FIRST_OF_TEST = 162770, 182638  # list_eval_partition.txt, by file number


class CelebaSettings(Settings):
    """The folder of CelebA, which faces to use, and their size."""

    path: Path = Field(
        Path("resources/downloads/celeba"),
        description=f"folder with {IMAGES}/ and {ATTRIBUTES}",
    )
    attributes: tuple[str, ...] = ("Male", "Straight_Hair")
    """use only images with all of these attributes"""
    size: int = Field(64, ge=16, le=218)
    """height and width [pixels]"""
    crop: int | None = Field(None, ge=16, le=178)
    """side of the centred square to cut out; default: all of 178 x 218 [pixels]"""


def _selected(path: Path, wanted: tuple[str, ...]) -> list[str]:
    """Names of the images that have every wanted attribute, in the order of the file."""
    lines = read_text(path).splitlines()
    if len(lines) < 3 or lines[0].strip() != str(len(lines) - 2):
        raise InputError(
            f"{path}: must have the number of images, the names of the attributes, and one line "
            "for each image: download it again"
        )
    names = lines[1].split()
    for attribute in wanted:
        if attribute not in names:
            raise unknown("attribute", attribute, names, str(path))
    selected = []
    for number, line in enumerate(lines[2:], 3):
        name, *values = line.split() or [""]
        known = Path(name).stem.isdecimal() and set(values) <= {"1", "-1"}
        if not known or len(values) != len(names):
            raise InputError(
                f"{path}: line {number} must have a file NUMBER.jpg and {len(names)} values, 1 or "
                "-1: download it again"
            )
        if all(values[names.index(attribute)] == "1" for attribute in wanted):
            selected.append(name)
    return selected


def _belongs(name: str, split: Split) -> bool:
    number = int(Path(name).stem)
    return number <= LAST_OF_TRAIN if split == "train" else number >= FIRST_OF_TEST


def open_celeba(settings: CelebaSettings, split: Split) -> Rows:
    """Rows of CelebA's own training partition, or of its test partition as the held-out split."""
    attributes = settings.path / ATTRIBUTES
    names = _selected(attributes, settings.attributes)
    files = [settings.path / IMAGES / name for name in names if _belongs(name, split)]
    if not files:
        raise InputError(
            f"{attributes}: no image of split '{split}' has {' and '.join(settings.attributes)}: "
            "choose other attributes"
        )
    return rows_of(files, Shaping(settings.size, 3, settings.crop))


CELEBA = Source(
    "celeba",
    "CelebA",
    CelebaSettings,
    open_celeba,
    files=lambda settings: [settings.path / ATTRIBUTES],
)
