"""The best correlation of images with training images, over all that may have been done to these.

A training image t is changed by an operator A (mirrored or not, enlarged, turned or blurred: one
of `CHANGES`) and moved by d, up to an eighth of the side on each axis. With B, the difference of
two Gaussian filters (which leaves out flat areas, slow shades and fine noise), and sums over the
rectangle R(d) that the moved image shares with x and over the channels,

    c(x, t) = max over A, d of  sum B x(p) B A t(p - d) / (max(|B x|, f) max(|B A t|, f)),

the normalised cross-correlation (Lewis, 1995), where |.| is the root of the sum of squares in
R(d), and f that of a noise of `FAINT` at every pixel: without f, images with nothing on them
would correlate with anything. B, a change of brightness and contrast commute, so c does not see
these.

All pairs are compared at half the resolution, with a few of the changes; only the `CANDIDATES` that
are best by that are compared exactly. Images larger than `SIDE` are made smaller first. All
operators are matrices of pixels by pixels, and a move is a row of a matrix, so that the work
is matrix products.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

import numpy as np

SIDE = 32
"""Larger images are reduced to this many pixels on the longer side."""
FINE, COARSE = 0.7, 4.0
"""Deviations of the two Gaussian filters [pixels]."""
FAINT = 0.003
"""What counts as nothing: this deviation at every pixel, of 1 for the whole range."""
CANDIDATES = 8
_ROWS, _TRAINING, _PAIRS = 512, 64, 64


@dataclass(frozen=True)
class Change:
    """What was done to a training image: mirrored, enlarged about its centre, turned [degrees,
    anticlockwise], blurred [deviation of a Gaussian in pixels]."""

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
_FIRST = tuple(Change(m, scale) for m in (False, True) for scale in (1.0, 1.1, 1 / 1.1))


@dataclass(frozen=True)
class Matches:
    """For each of N images its best training image.

    index: int64 [N]. nearest, second: float64 [N], the correlations with it, and with the best
    of the others. change: int64 [N], position in `CHANGES`. move: int64 [N, 2], how far the
    training image was moved down and to the right, in pixels of the reduced image.
    """

    index: np.ndarray
    nearest: np.ndarray
    second: np.ndarray
    change: np.ndarray
    move: np.ndarray


def reach(side: int) -> int:
    """How far a move goes on an axis of `side` pixels: an eighth, rounded.

    >>> reach(28), reach(32)
    (4, 4)
    """
    return int(side / 8 + 0.5)


def _gaussian(side: int, deviation: float) -> np.ndarray:
    """The filter along an axis, float64 [side, side]; edge pixels are repeated beyond the edge."""
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
    """Linear interpolation at where each pixel comes from, float64 [height * width, same]."""
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
    """B A, but for the mirroring, as a matrix, float32 [height * width, height * width]."""
    warped = _warp(height, width, change).reshape(height, width, -1)
    blurred = _smooth(warped, change.blur)
    matrix = _smooth(blurred, FINE) - _smooth(blurred, COARSE)
    return np.asarray(matrix.reshape(height * width, -1), np.float32)


def reduced(images: np.ndarray) -> np.ndarray:
    """uint8 [N, H, W, C] as float32 [N, C, h, w] in [0, 1]; h and w at most `SIDE`, by area."""
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


def _filtered(rows: np.ndarray, change: Change) -> np.ndarray:
    """B A of reduced images [N, C, h, w], of the same shape."""
    matrix = operator(*rows.shape[2:], replace(change, mirrored=False))
    seen = rows[..., ::-1] if change.mirrored else rows
    return np.asarray(seen.reshape(-1, len(matrix)) @ matrix.T).reshape(rows.shape)


def _halved(rows: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels of [N, C, h, w]; an odd edge is left out."""
    high, wide = (side // 2 * 2 for side in rows.shape[2:])
    even = rows[..., :high, :wide]
    return np.asarray(even.reshape(*rows.shape[:2], high // 2, 2, wide // 2, 2).mean(axis=(3, 5)))


@dataclass(frozen=True)
class _Moves:
    """The moves within `most` pixels on each axis, of images [h, w]; D of them."""

    height: int
    width: int
    most: tuple[int, int]

    @property
    def all(self) -> list[tuple[int, int]]:
        down, right = self.most
        return list(product(range(-down, down + 1), range(-right, right + 1)))

    def inverse_norms(self, rows: np.ndarray, sign: int) -> np.ndarray:
        """1 / max(|row|, f) over what is shared after each move, float32 [N, D].

        sign: 1 where the other image is moved, -1 where the rows [N, C, h, w] are.
        """
        squares = np.square(rows, dtype=np.float64).sum(axis=1)
        sums = np.zeros((len(rows), self.height + 1, self.width + 1))
        sums[:, 1:, 1:] = squares.cumsum(axis=1).cumsum(axis=2)
        norms = np.empty((len(rows), len(self.all)))
        for place, (down, right) in enumerate(self.all):
            top, bottom = _shared(self.height, sign * down)
            left, end = _shared(self.width, sign * right)
            inside = sums[:, bottom, end] - sums[:, top, end]
            inside += sums[:, top, left] - sums[:, bottom, left]
            faint = FAINT**2 * rows.shape[1] * (bottom - top) * (end - left)
            norms[:, place] = 1 / np.sqrt(np.maximum(inside, faint))
        return norms.astype(np.float32)

    def moved(self, rows: np.ndarray) -> Iterator[np.ndarray]:
        """The rows [N, C, h, w] after each move, flat [N, C h w], with 0 where nothing is left."""
        down, right = self.most
        padded = np.pad(rows, ((0, 0), (0, 0), (down, down), (right, right)))
        for y, x in self.all:
            window = padded[
                :, :, down - y : down - y + self.height, right - x : right - x + self.width
            ]
            yield window.reshape(len(rows), -1)


def _shared(side: int, move: int) -> tuple[int, int]:
    return max(move, 0), side + min(move, 0)


def _candidates(images: np.ndarray, training: np.ndarray, own: bool) -> np.ndarray:
    """Positions of the training images that are best at half the resolution, int64 [N, k]."""
    left = _halved(_filtered(images, Change()))
    height, width = left.shape[2:]
    moves = _Moves(height, width, (reach(images.shape[2]) // 2, reach(images.shape[3]) // 2))
    best = np.full((len(images), len(training)), -1, np.float32)
    flat, norms = left.reshape(len(left), -1), moves.inverse_norms(left, 1)
    for change in _FIRST:
        right = _halved(_filtered(training, change))
        others = moves.inverse_norms(right, -1)
        for place, rows in enumerate(moves.moved(right)):
            scaled = (rows * others[:, place, None]).T
            for start in range(0, len(images), _ROWS):
                some = slice(start, start + _ROWS)
                value = (flat[some] * norms[some, place, None]) @ scaled
                np.maximum(best[some], value, out=best[some])
    if own:
        np.fill_diagonal(best, -np.inf)
    count = min(CANDIDATES, len(training) - own)
    return np.argsort(-best, axis=1, kind="stable")[:, :count]


def _exact(
    images: np.ndarray, training: np.ndarray, candidates: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """c of each image with its candidates, float32 [N, k], and where it is attained, int64 [N, k]:
    the position among changes and moves."""
    height, width = images.shape[2:]
    moves = _Moves(height, width, (reach(height), reach(width)))
    size = (height + moves.most[0], width + moves.most[1])
    places = tuple(np.array(moves.all).T)
    flat = _filtered(images, Change())
    spectra, norms = np.fft.rfft2(flat, size), moves.inverse_norms(flat, 1)
    value = np.empty(candidates.shape, np.float32)
    where = np.empty(candidates.shape, np.int64)
    order = np.argsort(candidates, axis=None, kind="stable")
    wanted = candidates.ravel()[order]
    for first in range(0, len(training), _TRAINING):
        some = slice(*np.searchsorted(wanted, (first, first + _TRAINING)))
        if some.start == some.stop:
            continue
        block = training[first : first + _TRAINING]
        changed = [_filtered(block, change) for change in CHANGES]
        others = np.stack([moves.inverse_norms(rows, -1) for rows in changed], axis=1)
        changes = np.conj(np.fft.rfft2(np.stack(changed, axis=1), size))
        for start in range(some.start, some.stop, _PAIRS):
            pairs = order[start : min(start + _PAIRS, some.stop)]
            rows, columns = pairs // candidates.shape[1], candidates.ravel()[pairs] - first
            product_ = (spectra[rows, None] * changes[columns]).sum(axis=2)
            found = np.fft.irfft2(product_, size)[:, :, *places]
            found = (found * norms[rows, None] * others[columns]).reshape(len(pairs), -1)
            best = found.argmax(axis=1)
            value.ravel()[pairs] = found[np.arange(len(pairs)), best]
            where.ravel()[pairs] = best
    return value, where


def match(images: np.ndarray, training: np.ndarray, own: bool = False) -> Matches:
    """The best training image of each image, and what was done to it.

    images, training: uint8 [N, H, W, C] and [M, H, W, C]; own: the two are the same, and an image
    is not compared with itself. Where there is one training image, `second` is 0.
    Memory: 4 N M bytes, and what `CANDIDATES` of each image take.
    """
    left, right = reduced(images), reduced(training)
    candidates = _candidates(left, right, own)
    value, where = _exact(left, right, candidates)
    rows = np.arange(len(images))
    order = np.argsort(-value, axis=1, kind="stable")
    best = order[:, 0]
    moves = _Moves(*left.shape[2:], (reach(left.shape[2]), reach(left.shape[3]))).all
    change, move = np.divmod(where[rows, best], len(moves))
    several = candidates.shape[1] > 1
    return Matches(
        index=candidates[rows, best],
        nearest=value[rows, best].astype(np.float64),
        second=value[rows, order[:, several * 1]] * np.float64(several),
        change=change,
        move=np.array(moves)[move],
    )
