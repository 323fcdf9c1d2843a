"""Early stopping of an alternating training (GA-NTK paper, section 13)."""

import math
from dataclasses import dataclass

import numpy as np

MEMORY = 0.99
"""Weight of the past in the exponential mean: about the last hundred updates."""


@dataclass
class EarlyStopping:
    """Watches minus the discriminator's loss, its estimate of the distance of the distributions.

    For WGAN that is the estimate of the Wasserstein distance, which follows the quality of the
    images (Arjovsky et al., 2017, Fig. 3). For WGAN-GP the gradient penalty is taken off it: with
    a weight of 10 an untrained critic, whose gradient is near 0, starts near -10, and its first
    rise of up to 10 is the penalty's fall. The paper does not say which loss it watched.

    An untrained discriminator estimates no distance. Its estimate first rises, then falls as the
    generator learns. So a new maximum counts as a change, and so does a new minimum since then.

    patience, delta: stop after `patience` updates without a change of more than `delta`.
    average: exponential mean of the distance; NaN before the first update.
    highest, lowest: its maximum, and its minimum since then.
    best_update: the update of that minimum, or of the maximum where nothing was lower since.
    """

    patience: int | None
    delta: float
    average: float = float("nan")
    highest: float = float("-inf")
    lowest: float = float("inf")
    best_update: int = 0

    def stops_after(self, update: int, distance: float) -> bool:
        """Record the distance at an update, and return whether the training should end.

        >>> stopping = EarlyStopping(patience=2, delta=0.05)
        >>> [stopping.stops_after(update, 1.0) for update in (1, 2, 3)]
        [False, False, True]
        """
        past = distance if math.isnan(self.average) else self.average
        self.average = MEMORY * past + (1 - MEMORY) * distance
        if self.average > self.highest + self.delta:
            self.highest = self.lowest = self.average
            self.best_update = update
        elif self.average < self.lowest - self.delta:
            self.lowest = self.average
            self.best_update = update
        return self.patience is not None and update - self.best_update >= self.patience

    def array(self) -> np.ndarray:
        """float64 [4], for a checkpoint."""
        return np.array([self.average, self.highest, self.lowest, self.best_update])

    def restore(self, values: np.ndarray) -> None:
        """Go back to an `array`."""
        self.average, self.highest, self.lowest = (float(value) for value in values[:3])
        self.best_update = int(values[3])
