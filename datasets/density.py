"""Points drawn from a picture, with a higher probability where it is darker."""

from collections.abc import Callable

import numpy as np

from datasets.mixture import POOL
from suite.protocol.seeds import stream
from suite.protocol.source import Rows, Split


def grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates x and y, [side, side] each, of pixel centres on [-1, 1]^2. y points upwards."""
    line = (2 * np.arange(side) + 1) / side - 1
    x, y = np.meshgrid(line, line)
    return x, y


def from_picture(
    name: str, side: int, darkness: Callable[[np.ndarray, np.ndarray], np.ndarray], split: Split
) -> Rows:
    """A pool of points on [-1, 1]^2 from a density of side x side pixels.

    darkness: (x, y) of pixel centres -> values >= 0, proportional to the density.

    A pixel is drawn with a probability proportional to its darkness. Normal noise with a standard
    deviation of half a pixel is added, as in Franceschi et al. (2022). All points have label 0.
    """
    x, y = (values.ravel() for values in grid(side))
    weights = darkness(x, y)
    draw = stream(f"{name}:{split}", 0)
    pixels = draw.choice(len(x), size=POOL, p=weights / weights.sum())
    noise = draw.standard_normal((POOL, 2)) / side
    points = (np.stack([x[pixels], y[pixels]], axis=1) + noise).astype(np.float32)
    return Rows(np.zeros(POOL, np.int64), lambda indices: points[indices])
