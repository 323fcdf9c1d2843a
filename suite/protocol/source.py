"""The protocol of a dataset: what a split of it holds, and how its rows are read."""

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
    """The rows of one split that the dataset's settings select, not read yet.

    labels: int64 [N], class of each row (-1 where there is none).
    read: int64 [k] positions -> uint8 images [k, H, W, C] or float32 points [k, 2].
    files: the image file of each row, where each has its own.
    background: what shows through transparent pixels of such files.
    """

    labels: np.ndarray
    read: Callable[[np.ndarray], np.ndarray]
    files: Sequence[Path] = ()
    background: str = "white"


@dataclass(frozen=True)
class Source(Registered, Generic[S]):
    """A registered dataset.

    title: what tables and figures call it.
    settings: its settings model.
    open: (settings, split) -> rows; InputError where files are missing or damaged.
    data: what its rows are.
    files: settings -> the user's files that rows are read from, a change of which changes the
        rows; None where they have yet to be downloaded.
    shape: settings -> shape of a row of files that have yet to be downloaded.
    """

    kind: ClassVar[str] = "dataset"
    title: str
    settings: type[S]
    open: Callable[[S, Split], Rows]
    data: Literal["images", "points"] = "images"
    files: Callable[[S], Sequence[Path] | None] = lambda _: ()
    shape: Callable[[S], tuple[int, ...]] = lambda _: (32, 32, 3)


SOURCES: Registry[Source[Any]] = Registry("datasets.sources", Source)
