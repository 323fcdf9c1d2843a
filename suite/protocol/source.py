"""The protocol of a dataset: the rows of its splits, and how they are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np

from suite.protocol.registry import Registered, Registry
from suite.protocol.settings import Settings

Split = Literal["train", "heldout"]
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Rows:
    """The rows of one split that the dataset's settings select. They are not read yet.

    labels: int64 [N], class of each row; -1 for none.
    read: int64 [k] positions -> uint8 images [k, H, W, C] or float32 points [k, 2].
    files: the image file of each row, if each has its own.
    background: the colour behind transparent pixels of these files.
    """

    labels: np.ndarray
    read: Callable[[np.ndarray], np.ndarray]
    files: Sequence[Path] = ()
    background: str = "white"


@dataclass(frozen=True)
class Source(Registered, Generic[S]):
    """A registered dataset.

    title: its name in tables and figures.
    settings: its settings model.
    open: (settings, split) -> rows; InputError if files are missing or damaged.
    data: the kind of its rows.
    files: settings -> the user's files with the rows, whose content identifies a result; None if
        they are not downloaded yet.
    shape: settings -> shape of a row, for files that are not downloaded yet.
    """

    kind: ClassVar[str] = "dataset"
    title: str
    settings: type[S]
    open: Callable[[S, Split], Rows]
    data: Literal["images", "points"] = "images"
    files: Callable[[S], Sequence[Path] | None] = lambda _: ()
    shape: Callable[[S], tuple[int, ...]] = lambda _: (32, 32, 3)


SOURCES: Registry[Source[Any]] = Registry("datasets.sources", Source)
