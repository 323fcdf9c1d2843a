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

from collections.abc import Iterator, Sequence
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
STILL = [(0, 0)]
_ROWS, _TRAINING, _PAIRS = 512, 32, 64

Move = tuple[int, int]
Found = tuple[np.ndarray, np.ndarray]


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


def _band(rows: np.ndarray) -> np.ndarray:
    """B of reduced images [N, C, h, w], of the same shape."""
    fine, coarse = (
        np.matmul(down, np.matmul(rows, right.T))
        for down, right in (
            [_gaussian(side, deviation).astype(np.float32) for side in rows.shape[2:]]
            for deviation in (FINE, COARSE)
        )
    )
    return np.asarray(fine - coarse)


def _filtered(rows: np.ndarray, change: Change) -> np.ndarray:
    """B A of reduced images [N, C, h, w], of the same shape."""
    seen = rows[..., ::-1] if change.mirrored else rows
    plain = replace(change, mirrored=False)
    if plain == Change():
        return _band(seen)
    matrix = operator(*rows.shape[2:], plain)
    return np.asarray(seen.reshape(-1, len(matrix)) @ matrix.T).reshape(rows.shape)


def _halved(rows: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels of [N, C, h, w]; an odd edge is left out."""
    high, wide = (side // 2 for side in rows.shape[2:])
    even = rows[..., : 2 * high, : 2 * wide]
    return np.asarray(even.reshape(*rows.shape[:2], high, 2, wide, 2).mean(axis=(3, 5)))


def moves_of(height: int, width: int, step: int = 1) -> list[Move]:
    """Moves down and to the right within `reach`, multiples of `step` pixels."""
    down, right = (reach(side) // step * step for side in (height, width))
    return list(product(range(-down, down + 1, step), range(-right, right + 1, step)))


def shared(side: int, move: int) -> tuple[int, int]:
    """Begin and end, on an axis, of what two images share when one was moved by `move`."""
    return max(move, 0), side + min(move, 0)


def _moved(rows: np.ndarray, move: Move) -> np.ndarray:
    """Images [N, C, h, w] after a move, with 0 where nothing is left."""
    (top, bottom), (left, right) = (
        shared(side, by) for side, by in zip(rows.shape[2:], move, strict=True)
    )
    moved = np.zeros_like(rows)
    moved[..., top:bottom, left:right] = rows[
        ..., top - move[0] : bottom - move[0], left - move[1] : right - move[1]
    ]
    return moved


def _inverse_norms(rows: np.ndarray, moves: Sequence[Move], sign: int) -> np.ndarray:
    """1 / max(|row|, f) over what is shared after each move, float32 [N, D].

    sign: 1 where the other image is moved, -1 where the rows [N, C, h, w] are.
    """
    height, width = rows.shape[2:]
    sums = np.zeros((len(rows), height + 1, width + 1))
    sums[:, 1:, 1:] = np.square(rows, dtype=np.float64).sum(axis=1).cumsum(axis=1).cumsum(axis=2)
    norms = np.empty((len(rows), len(moves)), np.float32)
    for place, (down, right) in enumerate(moves):
        top, bottom = shared(height, sign * down)
        left, end = shared(width, sign * right)
        inside = sums[:, bottom, end] - sums[:, top, end]
        inside += sums[:, top, left] - sums[:, bottom, left]
        faint = FAINT**2 * rows.shape[1] * (bottom - top) * (end - left)
        norms[:, place] = 1 / np.sqrt(np.maximum(inside, faint))
    return norms


def _flat(rows: np.ndarray) -> np.ndarray:
    return rows.reshape(len(rows), -1)


def _templates(training: np.ndarray, left: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What images `left` [N, C, h / 2, w / 2] are compared with at half the resolution.

    Changed training images, scaled to correlate, float32 [n, P], beside 1 / |B x| of `left` [N].
    """
    moves = moves_of(*training.shape[2:], step=2)
    halves = [(down // 2, right // 2) for down, right in moves]
    norms = _inverse_norms(left, halves, 1)
    for change in _FIRST:
        right = _halved(_filtered(training, change))
        others = _inverse_norms(right, halves, -1)
        for place, half in enumerate(halves):
            yield _flat(_moved(right, half)) * others[:, place, None], norms[:, place]
    for mirrored in (False, True):
        for move in moves:
            right = _halved(_blackened(training, move, mirrored))
            yield _flat(right) * _inverse_norms(right, STILL, 1), norms[:, halves.index(STILL[0])]


def _blackened(rows: np.ndarray, move: Move, mirrored: bool) -> np.ndarray:
    """B of images moved in whole, with black coming in."""
    return _band(_moved(rows[..., ::-1] if mirrored else rows, move))


def _candidates(images: np.ndarray, training: np.ndarray, own: bool) -> np.ndarray:
    """Positions of the training images that are best at half the resolution, int64 [N, k]."""
    left = _halved(_band(images))
    flat = _flat(left)
    best = np.full((len(images), len(training)), -1, np.float32)
    for rows, norms in _templates(training, left):
        for start in range(0, len(images), _ROWS):
            some = slice(start, start + _ROWS)
            value = (flat[some] * norms[some, None]) @ rows.T
            np.maximum(best[some], value, out=best[some])
    if own:
        np.fill_diagonal(best, -np.inf)
    count = min(CANDIDATES, len(training) - own)
    return np.argsort(-best, axis=1, kind="stable")[:, :count]


@dataclass(frozen=True)
class _Sample:
    """Images to compare: B of them [N, C, h, w], its spectra, and 1 / |.| after each move."""

    moves: list[Move]
    size: tuple[int, int]
    band: np.ndarray
    spectra: np.ndarray
    norms: np.ndarray

    @staticmethod
    def of(images: np.ndarray) -> "_Sample":
        height, width = images.shape[2:]
        moves, band = moves_of(height, width), _band(images)
        size = (height + reach(height), width + reach(width))
        return _Sample(moves, size, band, np.fft.rfft2(band, size), _inverse_norms(band, moves, 1))


def _of_block(sample: _Sample, block: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> Found:
    """c of pairs: of images `rows` [k] with the images `columns` [k] of a block of training images
    [b, C, h, w]; float32 [k], and where it is attained, int64 [k]."""
    changed = [_filtered(block, change) for change in CHANGES]
    norms = np.stack([_inverse_norms(some, sample.moves, -1) for some in changed], axis=1)
    spectra = np.conj(np.fft.rfft2(np.stack(changed, axis=1), sample.size))
    value, where = np.empty(len(rows), np.float32), np.empty(len(rows), np.int64)
    places = tuple(np.array(sample.moves).T)
    for start in range(0, len(rows), _PAIRS):
        some = slice(start, start + _PAIRS)
        left, right = rows[some], columns[some]
        products = np.einsum("kcyx,kvcyx->kvyx", sample.spectra[left], spectra[right])
        found = np.fft.irfft2(products, sample.size)[:, :, *places]
        found = _flat(found * sample.norms[left, None] * norms[right])
        where[some] = found.argmax(axis=1)
        value[some] = found.max(axis=1)
    black = np.stack(
        [_flat(_blackened(block, m, mirrored)) for mirrored in (False, True) for m in sample.moves],
        axis=1,
    )
    for column in np.unique(columns):
        some = np.flatnonzero(columns == column)
        scaled = black[column] * _inverse_norms(
            black[column].reshape(-1, *block.shape[1:]), STILL, 1
        )
        still = sample.norms[rows[some], sample.moves.index(STILL[0])]
        found = (_flat(sample.band[rows[some]]) * still[:, None]) @ scaled.T
        better = found.max(axis=1) > value[some]
        value[some[better]] = found.max(axis=1)[better]
        where[some[better]] = len(CHANGES) * len(sample.moves) + found.argmax(axis=1)[better]
    return value, where


def match(images: np.ndarray, training: np.ndarray, own: bool = False) -> Matches:
    """The best training image of each image, and what was done to it.

    images, training: uint8 [N, H, W, C] and [M, H, W, C]; own: the two are the same, and an image
    is not compared with itself. Where there is one training image, `second` is 0.
    Memory: 4 N M bytes, and what `CANDIDATES` of each image take.
    """
    left, right = reduced(images), reduced(training)
    candidates = _candidates(left, right, own)
    sample = _Sample.of(left)
    value = np.empty(candidates.size, np.float32)
    where = np.empty(candidates.size, np.int64)
    order = np.argsort(candidates, axis=None, kind="stable")
    wanted = candidates.ravel()[order]
    for first in range(0, len(right), _TRAINING):
        pairs = order[slice(*np.searchsorted(wanted, (first, first + _TRAINING)))]
        if len(pairs):
            block, rows = right[first : first + _TRAINING], pairs // candidates.shape[1]
            columns = candidates.ravel()[pairs] - first
            value[pairs], where[pairs] = _of_block(sample, block, rows, columns)
    value, where = value.reshape(candidates.shape), where.reshape(candidates.shape)
    every = np.arange(len(images))
    ranked = np.argsort(-value, axis=1, kind="stable")
    best = ranked[:, 0]
    change, move = np.divmod(where[every, best], len(sample.moves))
    # Beyond the changes stand the moves with black coming in, plain and mirrored.
    plain = (change - len(CHANGES)) * (len(CHANGES) // 2)
    second = value[every, ranked[:, 1]] if candidates.shape[1] > 1 else np.zeros(len(images))
    return Matches(
        index=candidates[every, best],
        nearest=value[every, best].astype(np.float64),
        second=second.astype(np.float64),
        change=np.where(change < len(CHANGES), change, plain),
        move=np.array(sample.moves)[move],
    )
