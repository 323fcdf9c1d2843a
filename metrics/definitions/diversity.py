"""Diversity: how different the generated images are from each other, relative to training images.

Each image is scaled to length 1, u = x / |x| (a black one remains 0), so that a darker copy counts
as the same image. The diversity is

    mean over pairs i < j of |u_i - u_j|, of generated images / of training images.

New real images have about 1, for any number of rows. m images, each repeated equally often, have
1 - 1/m: a single image has 0, and so have flat images of any brightness. Noise has more than 1. The
metric recognises a collapsed generator, which precision cannot: the ball of an outlier among the
training images can contain any number of equal samples.
"""

import numpy as np

from metrics.neighbours import distances
from suite.protocol.metric import Metric, Pair, Value
from suite.running.errors import InputError


def _unlike(rows: np.ndarray) -> np.ndarray:
    """Mean distance of each row to the others, all scaled to length 1, float64 [N]; N >= 2."""
    flat = rows.reshape(len(rows), -1).astype(np.float64)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    unit = flat / np.where(lengths > 0, lengths, 1)
    gaps = distances(unit, unit)
    np.fill_diagonal(gaps, 0)  # rounding leaves about 1e-8
    return np.asarray(gaps.sum(axis=1) / (len(rows) - 1))


def diversity(pair: Pair) -> Value:
    """The ratio, with its standard error over fresh generated rows, the training rows given.

    The mean over pairs is a U-statistic: its error is 2 · deviation of the rows' means / sqrt(N)
    (Hoeffding, 1948).

    Raises:
        InputError: all training images are equal, or differ only in brightness.
    """
    own = float(_unlike(pair.reference).mean())
    if own < 1e-6:
        raise InputError(
            "the diversity needs two different training images, and all of them are equal: give "
            "others, or leave the metric out"
        )
    found = _unlike(pair.generated)
    error = 2 * float(found.std(ddof=1)) / np.sqrt(len(found)) / own
    return Value(float(found.mean()) / own, error)


DIVERSITY = Metric(
    name="diversity",
    title="Diversity",
    about="Sees samples that are alike: one repeated image scores 0, two images in equal shares "
    "0.5, new digits 0.95 to 1.05. Misses the loss of some of many modes (half the training images "
    "score 0.98), and takes noise for variety.",
    unit="mean distance between images, relative to the training images",
    range=(0, None),
    better="neither",
    reference="train",
    minimum=2,
    compute=diversity,
    shows="diversity",
    references=(
        ("Hoeffding, 1948", "the error of U-statistics", "https://doi.org/10.1214/aoms/1177730196"),
    ),
)
