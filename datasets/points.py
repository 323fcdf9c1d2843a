"""Pools of points: mixtures of Gaussians, and densities given as pictures."""

from collections.abc import Callable

import numpy as np

from suite.protocol.seeds import stream
from suite.protocol.source import Rows, Split

POOL = 65536
"""Number of points in a split, from which subsets are drawn."""


def mixture(name: str, centres: np.ndarray, variance: float, split: Split) -> Rows:
    """A pool of points from equally weighted, isotropic Gaussians (paper, Figs. 4, 9 and 10).

    centres: float [m, 2]. variance: variance of each coordinate. The label of a point is the index
    of its centre. The paper gives no centres and variances; the datasets use those of its released
    code.

    >>> rows = mixture("two", np.array([[0.0, 0.0], [1.0, 1.0]]), 1e-4, "train")
    >>> rows.labels[:3].tolist(), rows.read(np.array([0, 1, 2])).round(1).tolist()
    ([0, 1, 1], [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    """
    draw = stream(f"{name}:{split}", 0)
    labels = draw.integers(len(centres), size=POOL)
    noise = draw.standard_normal((POOL, 2))
    points = (centres[labels] + np.sqrt(variance) * noise).astype(np.float32)
    return Rows(labels, lambda indices: points[indices])


def from_picture(
    name: str, side: int, darkness: Callable[[np.ndarray, np.ndarray], np.ndarray], split: Split
) -> Rows:
    """A pool of points on [-1, 1]^2 from a density of side x side pixels.

    darkness: (x, y) of pixel centres, y upwards -> values >= 0, proportional to the density.

    A pixel is drawn with a probability proportional to its darkness. Normal noise with a standard
    deviation of half a pixel is added, as in Franceschi et al. (2022). All points have label 0.
    """
    line = (2 * np.arange(side) + 1) / side - 1
    x, y = (values.ravel() for values in np.meshgrid(line, line))
    weights = darkness(x, y)
    draw = stream(f"{name}:{split}", 0)
    pixels = draw.choice(len(x), size=POOL, p=weights / weights.sum())
    noise = draw.standard_normal((POOL, 2)) / side
    points = (np.stack([x[pixels], y[pixels]], axis=1) + noise).astype(np.float32)
    return Rows(np.zeros(POOL, np.int64), lambda indices: points[indices])
