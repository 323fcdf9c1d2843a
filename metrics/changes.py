"""The changes that a copy of a training image may have, as linear maps of small images.

Images are compared at no more than `SIDE` pixels a side. A change A is one of `CHANGES`: mirrored
or not, and slightly enlarged, turned or blurred. It is a matrix of shape [pixels, pixels]. Moves
are by whole pixels. B is the difference of two Gaussian filters; it removes flat areas, slow
gradients and fine noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from types import EllipsisType

import numpy as np

from suite.protocol.augmentation import reach

SIDE = 32
"""Larger images are reduced to this many pixels on the longer side."""
FINE, COARSE = 0.7, 4.0
"""Deviations of the two Gaussian filters [pixels]."""

Move = tuple[int, int]
Place = tuple[EllipsisType | slice, ...]


@dataclass(frozen=True)
class Change:
    """A change of a training image.

    scale: enlargement about its centre. angle: rotation [degrees, anticlockwise]. blur: standard
    deviation of a Gaussian filter [pixels].
    """

    mirrored: bool = False
    scale: float = 1.0
    angle: float = 0.0
    blur: float = 0.0


_SCALES = (1.04, 1.08, 1.12, 1.16)
_KINDS = (
    (1.0, 0.0, 0.0),
    *((scale, 0.0, 0.0) for larger in _SCALES for scale in (larger, 1 / larger)),
    *((1.0, angle, 0.0) for angle in (-8.0, -4.0, 4.0, 8.0)),
    (1.0, 0.0, 1.0),
)
CHANGES = tuple(Change(mirrored, *kind) for mirrored in (False, True) for kind in _KINDS)


def _gaussian(side: int, deviation: float) -> np.ndarray:
    """A Gaussian filter along one axis, float64 [side, side]. Edge pixels continue outside."""
    if not deviation:
        return np.eye(side)
    most = int(4 * deviation + 0.5)
    offsets = np.arange(-most, most + 1)
    weights = np.exp(-(offsets**2) / (2 * deviation**2))
    rows = np.arange(side)[:, None].repeat(len(offsets), 1)
    matrix = np.zeros((side, side))
    np.add.at(matrix, (rows, np.clip(rows + offsets, 0, side - 1)), weights / weights.sum())
    return matrix


def _warp(height: int, width: int, change: Change) -> np.ndarray:
    """Scale and rotation with linear interpolation, float64 [height * width, height * width]."""
    y, x = np.mgrid[:height, :width].reshape(2, -1)
    middle = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    angle = np.deg2rad(change.angle)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    source = turn @ (np.stack([y, x]) - middle) / change.scale + middle
    source = np.clip(source, 0, [[height - 1], [width - 1]])
    low = np.floor(source).astype(int)
    share = source - low
    matrix = np.zeros((height * width, height * width))
    for down, right in product((0, 1), (0, 1)):
        weight = np.abs(1 - down - share[0]) * np.abs(1 - right - share[1])
        row, column = np.minimum(low[0] + down, height - 1), np.minimum(low[1] + right, width - 1)
        np.add.at(matrix, (np.arange(height * width), row * width + column), weight)
    return matrix


def _smooth(maps: np.ndarray, deviation: float) -> np.ndarray:
    """A Gaussian filter of the first two axes of [height, width, ...]."""
    down, right = (_gaussian(side, deviation) for side in maps.shape[:2])
    return np.tensordot(down, np.tensordot(right, maps, ([1], [1])), ([1], [1]))


@lru_cache(maxsize=64)
def operator(height: int, width: int, change: Change) -> np.ndarray:
    """B A without the mirroring, as a matrix, float32 [height * width, height * width]."""
    warped = _warp(height, width, change).reshape(height, width, -1)
    blurred = _smooth(warped, change.blur)
    matrix = _smooth(blurred, FINE) - _smooth(blurred, COARSE)
    return np.asarray(matrix.reshape(height * width, -1), np.float32)


def reduced(images: np.ndarray) -> np.ndarray:
    """uint8 [N, H, W, C] as float32 [N, C, h, w] in [0, 1], area-averaged to at most `SIDE`."""
    height, width = images.shape[1:3]
    rows = images.transpose(0, 3, 1, 2).astype(np.float32) / 255
    ratio = min(1.0, SIDE / max(height, width))
    if ratio == 1:
        return rows
    down, across = (_area(side, max(1, round(side * ratio))) for side in (height, width))
    return np.asarray(down @ rows @ across.T)


def _area(side: int, target: int) -> np.ndarray:
    """Means over equal parts of an axis, float32 [target, side]."""
    edges = np.linspace(0, side, target + 1)
    pixels = np.arange(side)
    shared = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.maximum(shared, 0) * target / side, np.float32)


def band(rows: np.ndarray) -> np.ndarray:
    """B of reduced images [N, C, h, w], of the same shape."""
    fine, coarse = (
        np.matmul(down, np.matmul(rows, right.T))
        for down, right in (
            [_gaussian(side, deviation).astype(np.float32) for side in rows.shape[2:]]
            for deviation in (FINE, COARSE)
        )
    )
    return np.asarray(fine - coarse)


def filtered(rows: np.ndarray, change: Change) -> np.ndarray:
    """B A of reduced images [N, C, h, w], of the same shape."""
    seen = rows[..., ::-1] if change.mirrored else rows
    plain = replace(change, mirrored=False)
    if plain == Change():
        return band(seen)
    height, width = rows.shape[2:]
    matrix = operator(height, width, plain)
    return np.asarray(seen.reshape(-1, len(matrix)) @ matrix.T).reshape(rows.shape)


def moves_of(height: int, width: int, step: int = 1) -> list[Move]:
    """Moves down and to the right within `reach`, multiples of `step` pixels."""
    down, right = (reach(side) // step * step for side in (height, width))
    return list(product(range(-down, down + 1, step), range(-right, right + 1, step)))


def shared(side: int, move: int) -> tuple[int, int]:
    """Begin and end, along an axis, of the overlap of an image with one that moved by `move`."""
    return max(move, 0), side + min(move, 0)


def overlap(shape: tuple[int, ...], move: Sequence[int]) -> tuple[Place, Place]:
    """Where images [..., h, w] overlap with themselves after a move; and where that part was."""
    spans = [(by, shared(side, by)) for side, by in zip(shape[-2:], move, strict=True)]
    after = (slice(begin, end) for _, (begin, end) in spans)
    before = (slice(begin - by, end - by) for by, (begin, end) in spans)
    return (..., *after), (..., *before)


def moved(rows: np.ndarray, move: Move) -> np.ndarray:
    """Images [N, C, h, w] after a move, with zeros where the image has left the frame."""
    after, before = overlap(rows.shape, move)
    moved = np.zeros_like(rows)
    moved[after] = rows[before]
    return moved


def blackened(rows: np.ndarray, move: Move, mirrored: bool) -> np.ndarray:
    """B of whole images after a move, with black in the empty part of the frame."""
    return band(moved(rows[..., ::-1] if mirrored else rows, move))
