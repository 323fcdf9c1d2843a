"""Mixtures of Gaussians, as in the paper's Figs. 4, 9 and 10."""

import numpy as np

from suite.protocol.seeds import stream
from suite.protocol.source import Rows, Split

POOL = 65536
"""Number of points in a split, from which subsets are drawn."""


def mixture(name: str, centres: np.ndarray, variance: float, split: Split) -> Rows:
    """A pool of points from equally weighted, isotropic Gaussians.

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
