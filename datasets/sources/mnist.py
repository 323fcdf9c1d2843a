"""MNIST handwritten digits, 28 x 28 x 1 (LeCun et al., 2010)."""

from pathlib import Path
from typing import Literal

from datasets.idx import files_of, read_split
from datasets.rows import of_classes
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

BUNDLED = ROOT / "resources" / "mnist" / "mnist.npz"


class MnistSettings(Settings):
    """The files of MNIST, and which digits to use."""

    source: Literal["bundled", "download", "folder"] = "bundled"
    """4,096 + 1,024 images of the suite, torchvision's download, or files in `path`"""
    path: Path = Path("resources/downloads")
    """folder with the four IDX files, or for the download"""
    digits: tuple[int, ...] | None = None
    """use only these classes; default: all"""


def open_mnist(settings: MnistSettings, split: Split) -> Rows:
    """Rows of MNIST, in the order of the copy chosen."""
    if settings.source == "bundled":
        arrays = read_arrays(BUNDLED)
        images, labels = arrays[f"{split}_images"][..., None], arrays[f"{split}_labels"]
    else:
        name = "MNIST" if settings.source == "download" else ""
        images, labels = read_split(settings.path, split, name)
    return of_classes(images, labels, settings.digits)


def files(settings: MnistSettings) -> list[Path] | None:
    """The four IDX files of a folder; none of the bundled copy."""
    if settings.source == "bundled":
        return []
    return files_of(settings.path) if settings.source == "folder" else None


MNIST_SOURCE = Source(
    "mnist", "MNIST", MnistSettings, open_mnist, files=files, shape=lambda _: (28, 28, 1)
)
