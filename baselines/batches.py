"""Batches: the rows of a subset that each step sees."""

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
        self._epochs: dict[int, np.ndarray] = {}

    def __getitem__(self, number: int) -> np.ndarray:
        """int64 [b], the rows of batch `number`."""
        first, last = number * self._batch, (number + 1) * self._batch
        epochs = range(first // self._rows, (last - 1) // self._rows + 1)
        self._epochs = {epoch: self._permutation(epoch) for epoch in epochs}
        start = first - epochs[0] * self._rows
        return np.concatenate(list(self._epochs.values()))[start : start + self._batch]

    def _permutation(self, epoch: int) -> np.ndarray:
        known = self._epochs.get(epoch)
        if known is not None:
            return known
        return stream("batches", *self._seeds, epoch).permutation(self._rows)
