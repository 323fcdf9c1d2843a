"""The best correlation of images with training images, over all changes that a copy may have.

A training image t is changed by an operator A, one of `CHANGES` (mirrored or not; slightly
enlarged, turned or blurred), and moved by d, up to an eighth of the side on each axis. B is the
difference of two Gaussian filters, which removes flat areas, slow gradients and fine noise. The
correlation of an image x with t is

    c(x, t) = max over A, d of  sum B x(p) B A t(p - d) / (max(|B x|, f) max(|B A t|, f)).

This is the normalised cross-correlation (Lewis, 1995). The sum is over the channels and over the
pixels p of R(d), the overlap of x with the moved image. |.| is the root of the sum of squares over
R(d). f is that root for a deviation of `FAINT` at every pixel: without f, images with nothing on
them would correlate with anything. A change of brightness or contrast does not change c, because B
is linear and removes constants.

All pairs are compared at half the resolution with a few of the changes. Only the `CANDIDATES` best
training images of each image are then compared exactly. Images larger than `SIDE` are reduced
first. Operators are matrices, and each move of a training image is a row of a matrix, so that the
work consists of matrix products.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from metrics.changes import (
    CHANGES,
    Change,
    Move,
    band,
    blackened,
    filtered,
    moved,
    moves_of,
    reduced,
    shared,
)
from suite.protocol.augmentation import reach
from suite.running.cpu import available_cores

FAINT = 0.003
"""Root mean square of a band-passed image that counts as empty; pixels range over [0, 1]."""
CANDIDATES = 8
STILL = [(0, 0)]
_MOST, _ROWS, _TRAINING, _PAIRS = 4096, 512, 32, 64

_FIRST = tuple(Change(m, scale) for m in (False, True) for scale in (1.0, 1.1, 1 / 1.1))

Found = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Matches:
    """For each of N images its best training image.

    index: int64 [N], its position. nearest: float64 [N], the correlation with it. second: float64
    [N], the best correlation with any other training image. change: int64 [N], position in
    `CHANGES`. move: int64 [N, 2], shift of the training image down and to the right [pixels of the
    reduced image].
    """

    index: np.ndarray
    nearest: np.ndarray
    second: np.ndarray
    change: np.ndarray
    move: np.ndarray


def _halved(rows: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels of [N, C, h, w]; an odd edge is left out."""
    high, wide = (side // 2 for side in rows.shape[2:])
    even = rows[..., : 2 * high, : 2 * wide]
    return np.asarray(even.reshape(*rows.shape[:2], high, 2, wide, 2).mean(axis=(3, 5)))


def _inverse_norms(rows: np.ndarray, moves: Sequence[Move], sign: int) -> np.ndarray:
    """1 / max(|row|, f) over the overlap R(d) for each move d, float32 [N, moves].

    sign: 1 if the other image is moved, -1 if the rows [N, C, h, w] are.
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
    """The templates that images `left` [N, C, h / 2, w / 2] are compared with at half resolution.

    Each is a pair: changed and moved training images over their norms, float32 [n, pixels], and the
    inverse norms of `left` for the same move [N].
    """
    height, width = training.shape[2:]
    moves = moves_of(height, width, 2)
    halves = [(down // 2, right // 2) for down, right in moves]
    norms = _inverse_norms(left, halves, 1)
    for change in _FIRST:
        right = _halved(filtered(training, change))
        others = _inverse_norms(right, halves, -1)
        for place, half in enumerate(halves):
            yield _flat(moved(right, half)) * others[:, place, None], norms[:, place]
    for mirrored in (False, True):
        for move in moves:
            right = _halved(blackened(training, move, mirrored))
            yield _flat(right) * _inverse_norms(right, STILL, 1), norms[:, halves.index(STILL[0])]


def _candidates(images: np.ndarray, training: np.ndarray, own: int | None) -> np.ndarray:
    """Positions of the k best training images at half the resolution, int64 [N, k].

    own: position of the first image among the training images, if images[i] is training image
    own + i, which is then excluded; None if the images are not training images.
    """
    left = _halved(band(images))
    flat = _flat(left)
    best = np.full((len(images), len(training)), -1, np.float32)
    for rows, norms in _templates(training, left):
        for start in range(0, len(images), _ROWS):
            some = slice(start, start + _ROWS)
            value = (flat[some] * norms[some, None]) @ rows.T
            np.maximum(best[some], value, out=best[some])
    every = np.arange(len(images))
    if own is not None:
        best[every, own + every] = -np.inf
    count = min(CANDIDATES, len(training) - (own is not None))
    return np.argsort(-best, axis=1, kind="stable")[:, :count]


@dataclass(frozen=True)
class _Sample:
    """Images to compare: B x [N, C, h, w], its Fourier transform, and inverse norms per move."""

    moves: list[Move]
    size: tuple[int, int]
    band: np.ndarray
    spectra: np.ndarray
    norms: np.ndarray

    @staticmethod
    def of(images: np.ndarray) -> "_Sample":
        height, width = images.shape[2:]
        moves, rows = moves_of(height, width), band(images)
        size = (height + reach(height), width + reach(width))
        return _Sample(moves, size, rows, np.fft.rfft2(rows, size), _inverse_norms(rows, moves, 1))


def _overlapping(
    sample: _Sample, block: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> Found:
    """c of k pairs, over the overlap R(d): float32 [k], and the position of its maximum, int64 [k].

    block: training images [b, C, h, w]. rows, columns: int64 [k], positions of the image in the
    sample and of the training image in the block.
    """
    changed = [filtered(block, change) for change in CHANGES]
    norms = np.stack([_inverse_norms(some, sample.moves, -1) for some in changed], axis=1)
    spectra = np.conj(np.fft.rfft2(np.stack(changed, axis=1), sample.size))
    down, right = np.array(sample.moves).T
    best, where = [], []
    for start in range(0, len(rows), _PAIRS):
        here, there = rows[start : start + _PAIRS], columns[start : start + _PAIRS]
        products = np.einsum("kcyx,kvcyx->kvyx", sample.spectra[here], spectra[there])
        found = np.fft.irfft2(products, sample.size)[:, :, down, right]
        found = _flat(found * sample.norms[here, None] * norms[there])
        best.append(found.max(axis=1))
        where.append(found.argmax(axis=1))
    return np.concatenate(best), np.concatenate(where)


def _whole(sample: _Sample, block: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> Found:
    """c of k pairs over the whole frame, for moves that leave black behind, plain and mirrored."""
    black = np.stack(
        [blackened(block, move, mirrored) for mirrored in (False, True) for move in sample.moves],
        axis=1,
    )
    still = sample.norms[:, sample.moves.index(STILL[0])]
    best, where = np.empty(len(rows), np.float32), np.empty(len(rows), np.int64)
    for column in np.unique(columns):
        some = np.flatnonzero(columns == column)
        scaled = _flat(black[column]) * _inverse_norms(black[column], STILL, 1)
        found = (_flat(sample.band[rows[some]]) * still[rows[some], None]) @ scaled.T
        best[some], where[some] = found.max(axis=1), found.argmax(axis=1)
    return best, where


def match(images: np.ndarray, training: np.ndarray, own: bool = False) -> Matches:
    """The best training image of each image, and what was done to it.

    images, training: uint8 [N, H, W, C] and [M, H, W, C]. own: whether they are the same images;
    then no image is compared with itself. With a single training image, `second` is 0.

    Memory: 12 M bytes per image for up to 4,096 images at a time, and about 100 KB per pair that is
    compared exactly at the same time.
    """
    right = reduced(training)
    parts = [
        _match(reduced(images[first : first + _MOST]), right, first if own else None)
        for first in range(0, len(images), _MOST)
    ]
    return Matches(*map(np.concatenate, zip(*(vars(part).values() for part in parts), strict=True)))


def _match(left: np.ndarray, right: np.ndarray, own: int | None) -> Matches:
    candidates = _candidates(left, right, own)
    sample = _Sample.of(left)
    flat = candidates.ravel()
    value, where = np.empty(flat.size, np.float32), np.empty(flat.size, np.int64)
    order = np.argsort(flat, kind="stable")
    wanted = flat[order]

    def compare(first: int) -> None:
        begin, end = np.searchsorted(wanted, (first, first + _TRAINING))
        pairs = order[begin:end]
        if len(pairs):
            block = right[first : first + _TRAINING]
            chosen = (sample, block, pairs // candidates.shape[1], flat[pairs] - first)
            (over, place), (black, move) = _overlapping(*chosen), _whole(*chosen)
            value[pairs] = np.maximum(over, black)
            where[pairs] = np.where(over >= black, place, len(CHANGES) * len(sample.moves) + move)

    with ThreadPoolExecutor(available_cores()) as pool:
        list(pool.map(compare, range(0, len(right), _TRAINING)))
    every, best_first = np.arange(len(left)), value.reshape(candidates.shape)
    ranked = np.argsort(-best_first, axis=1, kind="stable")
    best = ranked[:, 0]
    change, move = np.divmod(where.reshape(candidates.shape)[every, best], len(sample.moves))
    # Positions after those of `CHANGES` are the moves that leave black behind, plain and mirrored.
    plain = (change - len(CHANGES)) * (len(CHANGES) // 2)
    alone = candidates.shape[1] == 1
    second = np.zeros(len(left)) if alone else best_first[every, ranked[:, 1]]
    return Matches(
        index=candidates[every, best],
        nearest=best_first[every, best].astype(np.float64),
        second=second.astype(np.float64),
        change=np.where(change < len(CHANGES), change, plain),
        move=np.array(sample.moves)[move],
    )
