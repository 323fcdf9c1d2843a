"""Drawing subsets from a dataset."""

import sys
from typing import Any

import numpy as np

from datasets.pictures import notes_of
from suite.protocol.artefacts import Subset, check_data
from suite.protocol.seeds import stream
from suite.protocol.settings import Settings
from suite.protocol.source import Source, Split
from suite.running.errors import InputError


def draw(
    source: Source[Any],
    settings: Settings,
    split: Split,
    n: int | None,
    seed: int,
    *,
    name: str | None = None,
    or_fewer: bool = False,
) -> Subset:
    """Draw n rows without replacement; n = None takes all rows in order.

    name: name of the subset; default: that of the source.
    or_fewer: take all rows if there are fewer than n, instead of raising.

    Subsets with the same seed are nested: the rows of n = 64 are the first 64 of n = 128. Equal
    rows are kept, with a warning on stderr.

    Raises:
        InputError: n is below 1 or above the number of rows.
    """
    rows = source.open(settings, split)
    name = name or source.name
    total = len(rows.labels)
    if n is not None and or_fewer:
        n = min(n, total)
    if n is None:
        indices = np.arange(total)
    elif not 1 <= n <= total:
        raise InputError(
            f"{name}: n = {n}, but split '{split}' has {total} rows: choose n from 1 to {total}"
        )
    else:
        indices = stream(f"subset:{split}", seed).permutation(total)[:n]
    data = check_data(rows.read(indices), f"{name} ({split})")
    copies = len(data) - len({row.tobytes() for row in data})
    if copies:
        print(
            f"warning: {name} ({split}): {copies} of {len(data)} rows are copies of other rows, "
            "which makes kernel matrices singular",
            file=sys.stderr,
        )
    files = [rows.files[int(i)] for i in indices] if rows.files else []
    notes, said = notes_of(files, rows.background)
    for words in said:
        print(f"{name} ({split}): {words}, of {len(data)} pictures", file=sys.stderr)
    return Subset(data, rows.labels[indices], indices, name, split, seed, notes)
