"""Copying rate: the share of generated images nearer to a training image than any other is.

A generated image g with nearest training image x counts if g is nearer to x than every other
training image is to x. New real images do so at a rate of their own (about 0.4 on MNIST), which
the held-out control shows; only an excess over it is copying. By SSIM the rate overlooks copies
with faint noise: on a flat background SSIM sees nothing but the noise.
"""

import numpy as np

from metrics.neighbours import across, distances, standard_error
from metrics.similarity import of_pair, ssim_matrix
from suite.measure import Measure, Pair, Value


def share_of_copies(gaps: np.ndarray, own: np.ndarray) -> Value:
    """The rate from distances to training rows [N, n], and among training rows [n, n]."""
    own = own.copy()
    np.fill_diagonal(own, np.inf)
    nearest = gaps.argmin(axis=1)
    hits = gaps.min(axis=1) < own.min(axis=1)[nearest]
    return Value(float(hits.mean()), standard_error(hits))


def rate_by_ssim(pair: Pair) -> Value:
    """The rate by SSIM with the paper's window (Figs. 17-19 judge copies by SSIM)."""
    own = ssim_matrix(pair.reference, pair.reference)
    return share_of_copies(1 - pair.once(of_pair), 1 - own)


def _by_features(name: str, title: str, extractor: str) -> Measure:
    def compute(pair: Pair) -> Value:
        rows = pair.features(extractor)[1]
        return share_of_copies(pair.once(across, extractor), distances(rows, rows))

    return Measure(name, title, "neither", "train", "images", 2, extractor, compute)


COPYING_RATE = _by_features("copying_rate", "Copying rate", "pixels")
COPYING_RATE_INCEPTION = _by_features(
    "copying_rate_inception", "Copying rate (Inception)", "inception"
)
COPYING_RATE_SSIM = Measure(
    "copying_rate_ssim", "Copying rate (SSIM)", "neither", "train", "images", 2, None, rate_by_ssim
)
