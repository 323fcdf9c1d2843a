"""Structural similarity (SSIM) of all pairs of two image sets, by matrix products.

For one position of the window, with Gaussian weights w (sum 1), SSIM of images x and y is

    (2 mx my + c1) / (mx^2 + my^2 + c1) * (2 cov + c2) / (vx + vy + c2),   c_i = (k_i L)^2

with weighted means m, variances v and covariance cov (Wang et al. 2004, Eq. 13). An image pair's
SSIM is the mean over all positions where the whole window fits ('valid') and over channels, as
`tf.image.ssim` computes it. The covariances of all pairs at a position are one product of
centred, weighted patches; numerator and denominator of the rest are products of two and four
columns. Patches are centred before the product, so that float32 loses nothing to cancellation:
the error stays below 1e-6 of the value in float64.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from suite.protocol.metric import Pair
from suite.running.cpu import available_cores

# Numbers in a tile (pairs times positions): large enough to make the overhead of Python negligible.
_TILE = 2**18
# OpenBLAS splits larger products over threads of its own, which fight with ours.
_SERIAL_PRODUCT = 2**18


@dataclass(frozen=True)
class Window:
    """The window and constants of SSIM; the defaults are those of the GA-NTK paper, section 8.2.

    size: side of the square window [pixels]; even sizes are allowed.
    sigma: standard deviation of the Gaussian weights [pixels].
    k1, k2: constants, relative to the range of the pixels.
    """

    size: int = 4
    sigma: float = 1.5
    k1: float = 0.01
    k2: float = 0.03

    def weights(self) -> np.ndarray:
        """Gaussian weights, float64 [size * size], sum 1.

        >>> Window(size=2).weights().tolist()
        [0.25, 0.25, 0.25, 0.25]
        """
        offsets = np.arange(self.size) - (self.size - 1) / 2
        line = np.exp(-(offsets**2) / (2 * self.sigma**2))
        square = np.outer(line, line).ravel()
        return np.asarray(square / square.sum())


PAPER_WINDOW = Window()


_Factors = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Of one set's rows at the positions [P] of one image row: each float32 [P, N, k]."""


def _factors(images: np.ndarray, row: int, channel: int, window: Window, left: bool) -> _Factors:
    """Factors whose products are the parts of SSIM; `left` and right differ in the order.

    Covariance: sqrt(2 w) (patch - mean), and sqrt(c2): the product is 2 cov + c2.
    Means: sqrt(2) mean, and sqrt(c1): the product is 2 mx my + c1.
    Denominator: (a + b)(c + d) = ac + ad + cb + bd, a = mx^2 + c1, b = my^2, c = vx + c2, d = vy.
    """
    size = window.size
    weights = window.weights()
    c1, c2 = window.k1**2, window.k2**2
    strip = images[:, row : row + size, :, channel] / 255.0
    patches = np.lib.stride_tricks.sliding_window_view(strip, size, axis=2)
    patches = patches.transpose(2, 0, 1, 3).reshape(-1, len(images), size * size)
    mean = patches @ weights
    centred = patches - mean[..., None]
    variance = centred**2 @ weights
    one = np.ones_like(mean)
    if left:
        a, c = mean**2 + c1, variance + c2
        denominator = (a * c, a, c, one)
    else:
        b, d = mean**2, variance
        denominator = (one, d, b, b * d)
    scaled = centred * np.sqrt(2 * weights)
    return (
        np.concatenate([scaled, np.sqrt(c2) * one[..., None]], axis=2).astype(np.float32),
        np.stack([np.sqrt(2) * mean, np.sqrt(c1) * one], axis=2).astype(np.float32),
        np.stack(denominator, axis=2).astype(np.float32),
    )


def _tiles(rows: int, columns: int, positions: int, depth: int) -> Iterator[tuple[slice, slice]]:
    width = min(columns, 128)
    height = max(1, min(_TILE // positions, _SERIAL_PRODUCT // depth) // width)
    for top in range(0, rows, height):
        for left in range(0, columns, width):
            yield slice(top, top + height), slice(left, left + width)


def _add_tile(total: np.ndarray, x: _Factors, y: _Factors, tile: tuple[slice, slice]) -> None:
    """Add SSIM of the tile's pairs, summed over the positions, to `total` (float64 [N, M])."""
    rows, columns = tile
    covariance, means, denominator = (
        left[:, rows] @ right[:, columns].transpose(0, 2, 1)
        for left, right in zip(x, y, strict=True)
    )
    total[tile] += (covariance * means / denominator).sum(axis=0)


def ssim_matrix(x: np.ndarray, y: np.ndarray, window: Window = PAPER_WINDOW) -> np.ndarray:
    """SSIM of every image of `x` with every image of `y`.

    x: uint8 [N, H, W, C]; y: uint8 [M, H, W, C]; H and W are at least the side of the window.
    Returns float64 [N, M], values in [-1, 1] but for rounding (below 1e-6).
    Memory: 8 N M bytes, and the patches of one row of positions.

    >>> black, white = np.zeros((1, 8, 8, 1), np.uint8), np.full((1, 8, 8, 1), 255, np.uint8)
    >>> round(float(ssim_matrix(black, black)[0, 0]), 4)
    1.0
    >>> round(float(ssim_matrix(black, white)[0, 0]), 4)  # c1 / (1 + c1)
    0.0001
    """
    from tqdm import tqdm

    height, width, channels = x.shape[1:]
    rows = height - window.size + 1
    total = np.zeros((len(x), len(y)))
    tiles = list(_tiles(len(x), len(y), width - window.size + 1, window.size**2 + 1))
    strips = [(row, channel) for row in range(rows) for channel in range(channels)]
    with ThreadPoolExecutor(available_cores()) as pool:
        for row, channel in tqdm(strips, "SSIM", delay=2, leave=False):
            left = _factors(x, row, channel, window, left=True)
            right = _factors(y, row, channel, window, left=False)
            list(pool.map(lambda tile, a=left, b=right: _add_tile(total, a, b, tile), tiles))
    return np.asarray(total / (len(strips) * (width - window.size + 1)))


def of_pair(pair: Pair) -> np.ndarray:
    """SSIM of all pairs [generated, reference] with the paper's window; call it by `pair.once`."""
    return ssim_matrix(pair.generated, pair.reference)
