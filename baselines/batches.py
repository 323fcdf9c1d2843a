"""Batches: the rows of a subset that each step sees."""

from functools import lru_cache

import numpy as np

from suite.protocol.seeds import stream


class Batches:
    """An endless sequence of shuffled batches of row numbers.

    Batch k depends on k and the seeds alone. It holds the positions [k b, (k + 1) b) of the
    permutations of epochs 0, 1, ... one after the other. So a batch may span two epochs, and every
    row is seen equally often for any b and n.

    >>> batches = Batches(4, 3, 0)
    >>> np.sort([*batches[0], *batches[1], *batches[2], *batches[3]]).tolist()  # three epochs
    [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    """

    def __init__(self, rows: int, batch: int, *seeds: int) -> None:
        self._rows, self._batch, self._seeds = rows, batch, seeds

    def __getitem__(self, number: int) -> np.ndarray:
        """int64 [b], the rows of batch `number`."""
        first, last = number * self._batch, (number + 1) * self._batch
        epochs = range(first // self._rows, (last - 1) // self._rows + 1)
        start = first - epochs[0] * self._rows
        orders = [_permutation(self._rows, *self._seeds, epoch) for epoch in epochs]
        return np.concatenate(orders)[start : start + self._batch]


@lru_cache(maxsize=64)
def _permutation(rows: int, *seeds: int) -> np.ndarray:
    return stream("batches", *seeds).permutation(rows)
