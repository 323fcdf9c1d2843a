"""Points drawn from a picture: dark pixels are likely."""

from collections.abc import Callable

import numpy as np

from datasets.mixture import POOL
from suite.protocol.seeds import stream
from suite.protocol.source import Rows, Split


def grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of the centres of side x side pixels on [-1, 1]^2, y upwards, [side, side] each."""
    line = (2 * np.arange(side) + 1) / side - 1
    x, y = np.meshgrid(line, line)
    return x, y


def from_picture(
    name: str, side: int, darkness: Callable[[np.ndarray, np.ndarray], np.ndarray], split: Split
) -> Rows:
    """A pool of points on [-1, 1]^2 from a density of side x side pixels.

    darkness: (x, y) of pixel centres -> values of at least 0, the density up to a factor.

    A pixel is drawn by its darkness; normal noise of half a pixel's width is added, as Franceschi
    et al. (2022) do. There is one class.
    """
    x, y = (values.ravel() for values in grid(side))
    weights = darkness(x, y)
    draw = stream(f"{name}:{split}", 0)
    pixels = draw.choice(len(x), size=POOL, p=weights / weights.sum())
    noise = draw.standard_normal((POOL, 2)) / side
    points = (np.stack([x[pixels], y[pixels]], axis=1) + noise).astype(np.float32)
    return Rows(np.zeros(POOL, np.int64), lambda indices: points[indices])
