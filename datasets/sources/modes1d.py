"""Modes on a line as points (x, 0), from the one-dimensional figure of Franceschi et al. (2022).

The suite's points have two coordinates, here with 0 as the second. The first layer then divides by
two inputs instead of one, so its kernel is that of x / sqrt 2.
"""

import numpy as np
from pydantic import Field, NonNegativeFloat

from datasets.points import POOL
from suite.protocol.seeds import stream
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split


class ModesSettings(Settings):
    """The positions and the width of the modes."""

    centres: tuple[float, ...] = Field((0.3, 0.9, 1.5, 1.845, 1.98), min_length=1)
    """x of the modes, with equal weights"""
    deviation: NonNegativeFloat = 0.05
    """standard deviation of each mode"""


def open_modes(settings: ModesSettings, split: Split) -> Rows:
    """Points about the modes; the label of a point is the index of its mode."""
    draw = stream(f"modes1d:{split}", 0)
    labels = draw.integers(len(settings.centres), size=POOL)
    x = np.array(settings.centres)[labels] + settings.deviation * draw.standard_normal(POOL)
    points = np.stack([x, np.zeros(POOL)], axis=1).astype(np.float32)
    return Rows(labels, lambda indices: points[indices])


MODES_1D = Source("modes1d", "Modes on a line", ModesSettings, open_modes, "points")
