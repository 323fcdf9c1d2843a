"""CIFAR-10, 32 x 32 x 3 (Krizhevsky, 2009); the paper takes the horses."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from datasets.cifar import read_binary, read_pickled
from datasets.download import download
from datasets.rows import of_classes
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split
from suite.running.errors import InputError

Class = Literal[
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"
]
CLASSES: tuple[str, ...] = get_args(Class)
Reader = Callable[[Path], tuple[np.ndarray, np.ndarray]]
BATCHES: dict[Split, list[str]] = {
    "train": [f"data_batch_{i}" for i in range(1, 6)],
    "heldout": ["test_batch"],
}
FORMATS = {"cifar-10-batches-py": ("", read_pickled), "cifar-10-batches-bin": (".bin", read_binary)}


class Cifar10Settings(Settings):
    """The files of CIFAR-10, and which class to use."""

    source: Literal["download", "folder"] = "download"
    """download into `path` with torchvision, or use the files in `path`"""
    path: Path = Path("resources/downloads")
    """folder cifar-10-batches-py or cifar-10-batches-bin, or the folder with it"""
    category: Class | None = "horse"
    """use only this class; default: the paper's; null: all"""


def _batches(path: Path, split: Split) -> tuple[list[Path], Reader]:
    for folder in (path, *(path / name for name in FORMATS)):
        for suffix, read in FORMATS.values():
            files = [folder / f"{name}{suffix}" for name in BATCHES[split]]
            if files[0].is_file():
                return files, read
    raise InputError(
        f"{path}: has neither {' nor '.join(FORMATS)} with {BATCHES[split][0]}: unpack CIFAR-10 "
        "there"
    )


def open_cifar10(settings: Cifar10Settings, split: Split) -> Rows:
    """Rows of the training batches, or of the test batch as the held-out split, in their order."""
    if settings.source == "download":
        remedy = "unpack its archive there and set source to 'folder'"
        download("CIFAR10", settings.path, remedy)
    files, read = _batches(settings.path, split)
    images, labels = map(np.concatenate, zip(*map(read, files), strict=True))
    classes = None if settings.category is None else [CLASSES.index(settings.category)]
    return of_classes(images, labels, classes)


def files(settings: Cifar10Settings) -> list[Path] | None:
    """The batches of both splits."""
    if settings.source == "download":
        return None
    return [file for split in BATCHES for file in _batches(settings.path, split)[0]]


CIFAR10 = Source("cifar10", "CIFAR-10", Cifar10Settings, open_cifar10, files=files)
