"""Points in a capital letter, A or B.

Franceschi et al. (2022) take such points from two pictures that came with the first version of
geomloss. These pictures are not available to us. Our letters have their size and kind, so results
on them cannot be compared with published ones.
"""

from itertools import pairwise
from typing import Literal

import numpy as np

from datasets.points import from_picture
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split

STROKE = 0.11
"""Half the width of a stroke; the side of the picture is 2."""


class LetterSettings(Settings):
    """Which letter to use."""

    letter: Literal["A", "B"] = "B"
    """the letter"""


def _bow(bottom: float, top: float) -> list[tuple[float, float]]:
    """Corners of a half ellipse to the right of a stem, from its top to its bottom."""
    angles = np.linspace(np.pi / 2, -np.pi / 2, 13)
    height = (top - bottom) / 2
    points = [(0.75 * np.cos(a) - 0.3, (top + bottom) / 2 + height * np.sin(a)) for a in angles]
    return [(-0.5, top), *((float(x), float(y)) for x, y in points), (-0.5, bottom)]


LETTERS = {
    "A": [[(-0.6, -0.8), (0.0, 0.8), (0.6, -0.8)], [(-0.38, -0.2), (0.38, -0.2)]],
    "B": [[(-0.5, -0.8), (-0.5, 0.8)], _bow(0.02, 0.8), _bow(-0.8, 0.02)],
}
"""Strokes as the corners of their middle lines."""


def _distance(x: np.ndarray, y: np.ndarray, strokes: list[list[tuple[float, float]]]) -> np.ndarray:
    """Distance of points [N] to the nearest middle line."""
    points, nearest = np.stack([x, y], axis=1), np.full(len(x), np.inf)
    for stroke in strokes:
        corners = np.array(stroke)
        for first, second in pairwise(corners):
            side = second - first
            share = np.clip((points - first) @ side / (side @ side), 0, 1)
            gaps = np.linalg.norm(points - first - share[:, None] * side, axis=1)
            nearest = np.minimum(nearest, gaps)
    return nearest


def open_letters(settings: LetterSettings, split: Split) -> Rows:
    """Points of one letter of 64 x 64 pixels, uniform within it."""
    strokes = LETTERS[settings.letter]

    def darkness(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (_distance(x, y, strokes) < STROKE).astype(float)

    return from_picture(f"letter-{settings.letter}", 64, darkness, split)


LETTER = Source("letters", "Letters", LetterSettings, open_letters, "points")
