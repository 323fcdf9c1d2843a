"""Rows of a subset as the networks see them, and back."""

import numpy as np
import torch
from torch import Tensor

from suite.seeds import stream


def to_network(rows: Tensor) -> Tensor:
    """Rows in the range of the generator's last layer.

    uint8 images [b, H, W, C] become float32 [b, C, H, W]: grey in [0, 1] (sigmoid, P Table 3),
    colour in [-1, 1] (tanh, P Tables 4 and 5). float32 points [b, 2] stay as they are.
    """
    if rows.dtype != torch.uint8:
        return rows
    unit = rows.permute(0, 3, 1, 2).float().contiguous() / 255
    return unit if rows.shape[3] == 1 else unit * 2 - 1


def from_network(rows: Tensor) -> np.ndarray:
    """The inverse of `to_network`, rounded to the nearest of 256 levels: uint8 [b, H, W, C].

    The generator of a run that diverged may give NaN or infinity: NaN becomes 0, infinity the
    largest value there is, so that what was reached can still be kept and shown.
    """
    rows = rows.detach().float().nan_to_num()
    if rows.ndim == 2:
        return rows.cpu().numpy()
    unit = rows if rows.shape[1] == 1 else (rows + 1) / 2
    levels = (unit * 255).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()


class Batches:
    """Shuffled batches of row numbers without end, each known from its number alone.

    Epochs follow one another without a gap: batch k holds the places [k b, (k + 1) b) of the
    permutations of epochs 0, 1, ..., so every row is seen equally often, whatever b and n are.
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
