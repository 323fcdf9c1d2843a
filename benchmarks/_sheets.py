"""Reads the digits of the sample sheets in results/reference, pixel for pixel.

A sheet repeats every pixel (`reporting.figures.samples`), so no pixel is lost: a tile of 28 x 28 is
drawn as about 52 x 52 pixels, between white lines.
"""

from pathlib import Path

import numpy as np
from PIL import Image

COLUMNS = 8
SIDE = 28
LINE = 40
"""A run of black shorter than this is text [pixels of the picture]."""


def _runs(dark: np.ndarray) -> list[tuple[int, int]]:
    """Begin and end of every long run of true values."""
    edges = np.flatnonzero(np.diff(np.r_[False, dark, False].astype(int)))
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > LINE]


def digits_of(path: Path) -> list[np.ndarray]:
    """The sheets of a picture from left to right, row by row: uint8 [64, 28, 28, 1] each.

    Raises:
        ValueError: the picture has no whole number of sheets.
    """
    picture = np.asarray(Image.open(path).convert("L"))
    rows = _runs(np.asarray((picture < 128).mean(axis=1) > 0.1))
    sheets = []
    for first in range(0, len(rows), COLUMNS):
        band = rows[first : first + COLUMNS]
        columns = _runs(np.asarray((picture[band[0][0] : band[-1][1]] < 128).any(axis=0)))
        if len(band) % COLUMNS or len(columns) % COLUMNS:
            raise ValueError(f"{path}: {len(band)} x {len(columns)} digits are no sheets")
        tiles = [[_tile(picture, row, column) for column in columns] for row in band]
        for left in range(0, len(columns), COLUMNS):
            sheet = [line[left : left + COLUMNS] for line in tiles]
            sheets.append(np.array(sheet).reshape(-1, SIDE, SIDE, 1))
    return sheets


def _tile(picture: np.ndarray, rows: tuple[int, int], columns: tuple[int, int]) -> np.ndarray:
    """The pixels of a tile, each taken from the middle of the pixels that repeat it."""
    places = [
        (begin + (np.arange(SIDE) + 0.5) * (end - begin) / SIDE).astype(int)
        for begin, end in (rows, columns)
    ]
    return np.asarray(picture[np.ix_(*places)])
