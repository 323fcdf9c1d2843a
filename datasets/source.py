"""The protocol of a dataset, and the drawing of subsets from it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from suite.artefacts import Subset, check_data
from suite.errors import InputError
from suite.registry import Registered
from suite.seeds import stream
from suite.settings import Settings

Split = Literal["train", "heldout"]


@dataclass(frozen=True)
class Rows:
    """The rows of one split that the dataset's settings select, not read yet.

    labels: int64 [N], class of each row (-1 where there is none).
    read: int64 [k] positions -> uint8 images [k, H, W, C] or float32 points [k, 2].
    """

    labels: np.ndarray
    read: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Source(Registered):
    """A registered dataset.

    title: what tables and figures call it.
    settings: its settings model.
    open: (settings, split) -> rows; InputError where files are missing or damaged.
    data: what its rows are.
    """

    kind: ClassVar[str] = "dataset"
    title: str
    settings: type[Settings]
    open: Callable[[Settings, Split], Rows]
    data: Literal["images", "points"] = "images"


def draw(source: Source, settings: Settings, split: Split, n: int | None, seed: int) -> Subset:
    """n rows drawn without replacement (all rows, in order, if n is None).

    Subsets of one seed are nested: the rows of n = 64 are the first 64 of n = 128. Rows that are
    equal are kept, with a warning on stderr.

    Raises:
        InputError: n is below 1 or above the number of rows.
    """
    rows = source.open(settings, split)
    total = len(rows.labels)
    if n is None:
        indices = np.arange(total)
    elif not 1 <= n <= total:
        raise InputError(
            f"{source.name}: {n} rows asked of the {total} in split '{split}': choose n from 1 to "
            f"{total}"
        )
    else:
        indices = stream(f"subset:{split}", seed).permutation(total)[:n]
    data = check_data(rows.read(indices), f"{source.name} ({split})")
    copies = len(data) - len({row.tobytes() for row in data})
    if copies:
        print(
            f"warning: {source.name} ({split}): {copies} of {len(data)} rows are copies of "
            "others, which makes kernel matrices singular",
            file=sys.stderr,
        )
    return Subset(data, rows.labels[indices], indices, source.name, split, seed)
