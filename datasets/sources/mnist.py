"""MNIST handwritten digits, 28 x 28 x 1 (LeCun et al., 2010)."""

from pathlib import Path
from typing import Literal

import numpy as np

from datasets.download import download
from datasets.idx import files_of, read_split
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


def _bundled(split: Split) -> tuple[np.ndarray, np.ndarray]:
    arrays = read_arrays(BUNDLED, f"{split}_images", f"{split}_labels")
    return arrays[f"{split}_images"], arrays[f"{split}_labels"]


def _download(path: Path, split: Split) -> tuple[np.ndarray, np.ndarray]:
    from torchvision.datasets import MNIST

    remedy = "put its four IDX files into a folder and set source to 'folder' and path to it"
    download(MNIST, path, "MNIST", remedy)
    return read_split(path / "MNIST" / "raw", split)


def open_mnist(settings: MnistSettings, split: Split) -> Rows:
    """Rows of MNIST, in the order of the copy chosen."""
    if settings.source == "bundled":
        images, labels = _bundled(split)
    elif settings.source == "folder":
        images, labels = read_split(settings.path, split)
    else:
        images, labels = _download(settings.path, split)
    if settings.digits is not None:
        keep = np.isin(labels, settings.digits)
        images, labels = images[keep], labels[keep]
    return Rows(labels.astype(np.int64), lambda indices: images[indices][..., None])


def files(settings: MnistSettings) -> list[Path] | None:
    """The four IDX files of a folder; none of the bundled copy."""
    if settings.source == "bundled":
        return []
    return files_of(settings.path) if settings.source == "folder" else None


MNIST_SOURCE = Source(
    "mnist", "MNIST", MnistSettings, open_mnist, files=files, shape=lambda _: (28, 28, 1)
)
