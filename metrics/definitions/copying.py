"""Copying rate: the share of samples that are nearer to a training image than its neighbours are.

A generated image g with nearest training image x counts if g is nearer to x than all other training
images that differ from x. The rate is 1 - authenticity (Alaa et al., 2022), with distances of
pixels, SSIM or features instead of a trained embedding.

New real images have a rate of 0.27 to 0.5, so only an excess over that is copying. `baseline`
estimates it from the training images: each is left out in turn and judged against the others. The
held-out control shows it too. Moved copies have a rate below it, and by pixels or SSIM blank images
may have a rate of 1: the metric `copies` has neither fault. By SSIM, copies with faint noise count
as new, because on a flat background SSIM sees nothing but the noise.
"""

from dataclasses import replace

import numpy as np

from metrics.neighbours import across, distances, distinct, standard_error
from metrics.similarity import PAPER_WINDOW, of_pair, ssim_matrix
from suite.protocol.metric import Metric, Pair, Value
from suite.running.errors import InputError


def nearer(gaps: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Whether each row is nearer to its training row than any other training row is, bool [N].

    gaps: distances to the training rows [N, n]. own: those among the training rows [n, n], infinite
    from a row to itself.
    """
    return np.asarray(gaps.min(axis=1) < own.min(axis=1)[gaps.argmin(axis=1)])


def copying_rate(gaps: np.ndarray, own: np.ndarray) -> Value:
    """The rate from distances to distinct training rows [N, n], and among these [n, n]; n >= 2.

    `baseline` in the details is the share of mutual nearest neighbours among the training rows: a
    row that is left out counts if it is the nearest neighbour of its own nearest neighbour. It is
    None for n = 2, because no row is left to compare with.

    >>> training = np.array([[0.0], [1.0], [3.0]])
    >>> own = np.abs(training - training.T)
    >>> gaps = np.abs(np.array([[0.1], [7.0]]) - training.T)  # near a copy of the first; far away
    >>> copying_rate(gaps, own).value
    0.5
    """
    own = own.copy()
    np.fill_diagonal(own, np.inf)
    hits = nearer(gaps, own)
    nearest = own.argmin(axis=1)
    mutual = nearest[nearest] == np.arange(len(own))
    baseline = float(mutual.mean()) if len(own) > 2 else None
    return Value(float(hits.mean()), standard_error(hits), {"baseline": baseline})


def training_rows(pair: Pair) -> np.ndarray:
    """Positions of the distinct training rows, int64 [n]; call it by `pair.once`.

    Raises:
        InputError: all rows are equal.
    """
    kept = distinct(pair.reference)
    if len(kept) < 2:
        raise InputError(
            "the copying rate needs two different training images, and all of them are equal: give "
            "others, or leave the metric out"
        )
    return kept


def rate_by_ssim(pair: Pair) -> Value:
    """The rate by SSIM with the paper's window (Figs. 17-19 judge copies by SSIM)."""
    kept = pair.once(training_rows)
    own = ssim_matrix(pair.reference[kept], pair.reference[kept])
    return copying_rate(1 - pair.once(of_pair)[:, kept], 1 - own)


def rate_by_features(pair: Pair, extractor: str) -> Value:
    """The rate by Euclidean distances of an extractor's features."""
    kept = pair.once(training_rows)
    rows = pair.features(extractor)[1][kept]
    return copying_rate(pair.once(across, extractor)[:, kept], distances(rows, rows))


def _about(misses: str) -> str:
    return (
        "Copies score 1, and new real images 0.27 to 0.5: only the excess over the baseline is "
        f"copying. {misses} 1 - authenticity (Alaa et al., 2022)."
    )


COPYING_RATE = Metric(
    name="copying_rate",
    title="Copying rate",
    about=_about("Sees through noise and blur, misses copies shifted by a pixel or two."),
    unit="share of generated images",
    range=(0, 1),
    better="neither",
    reference="train",
    minimum=2,
    extractor="pixels",
    compute=lambda pair: rate_by_features(pair, "pixels"),
    shows="nearness",
    references=(("Alaa et al., 2022", "authenticity", "https://arxiv.org/abs/2102.08921"),),
)
COPYING_RATE_INCEPTION = replace(
    COPYING_RATE,
    name="copying_rate_inception",
    title="Copying rate (Inception)",
    about=_about("Sees copies that are shifted, misses copies with noise or blur."),
    extractor="inception",
    compute=lambda pair: rate_by_features(pair, "inception"),
)
COPYING_RATE_SSIM = replace(
    COPYING_RATE,
    name="copying_rate_ssim",
    title="Copying rate (SSIM)",
    about=_about("Sees through blur, misses copies with faint noise or a shift."),
    extractor=None,
    compute=rate_by_ssim,
    side=PAPER_WINDOW.size,
)
