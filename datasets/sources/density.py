"""Two densities in the plane.

Franceschi et al. (2022) take points from two pictures that came with the first version of geomloss.
These pictures are not available to us. Ours are of the same kind, so results on them cannot be
compared with published ones.
"""

from typing import Literal

import numpy as np

from datasets.points import from_picture
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split


class DensitySettings(Settings):
    """Which of the two pictures to use."""

    picture: Literal["a", "b"] = "b"
    """a: a disc and a bar; b: a double crescent"""


def _a(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A disc at the lower left that fades outwards, and a slanted bar at the upper right."""
    disc = np.clip(1 - ((x + 0.45) ** 2 + (y + 0.4) ** 2) / 0.16, 0, None)
    along, across = (x - 0.4) - (y - 0.4), (x - 0.4) + (y - 0.4)
    return disc + 0.6 * ((np.abs(along) < 0.7) & (np.abs(across) < 0.16))


def _b(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Two crescents that face each other, darker towards the tip of each."""
    total = np.zeros_like(x)
    for sign in (1.0, -1.0):
        u, v = sign * x + 0.25, sign * y + 0.1
        radius, angle = np.hypot(u, v), np.arctan2(v, u)
        upper = (angle > 0) & (np.abs(radius - 0.55) < 0.12)
        total += upper * (0.3 + 0.7 * angle / np.pi)
    return total


def open_density(settings: DensitySettings, split: Split) -> Rows:
    """Points of one picture of 100 x 100 pixels."""
    darkness = {"a": _a, "b": _b}[settings.picture]
    return from_picture(f"density-{settings.picture}", 100, darkness, split)


DENSITY = Source("density", "Density", DensitySettings, open_density, "points")
