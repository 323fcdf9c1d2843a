"""FID extrapolated to infinitely many generated images (Chong and Forsyth 2020).

FID falls like a + b / N with the number N of generated images; a is estimated by least squares
over several N. The bias of the reference set stays, so only a large one makes sense of it; below
the 2,048 dimensions of the features the covariances are singular and the fall is not quite 1 / N,
for which `fit` (the share of variance explained) is given.
"""

import numpy as np

from metrics.frechet import frechet_distance
from metrics.measure import Measure, Pair, Value
from suite.seeds import stream

SIZES = 8


def extrapolated(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """The intercept a, and the share of variance that the line explains.

    Distances at sizes from N / 4 to N, evenly spaced in 1 / N, each on rows drawn anew.
    """
    inverse = np.linspace(1, 4, SIZES) / len(x)
    sizes = np.maximum((1 / inverse).round().astype(int), 2)
    values = [frechet_distance(x[rng.permutation(len(x))[:size]], y) for size in sizes]
    slope, intercept = np.polyfit(1 / sizes, values, 1)
    left = np.var(values - (slope / sizes + intercept))
    return float(intercept), float(1 - left / np.var(values))


def fid_infinity(pair: Pair) -> Value:
    """The extrapolated distance between the Inception features of a pair."""
    value, fit = extrapolated(*pair.features("inception"), stream("fid_infinity", pair.seed))
    return Value(value, None, {"fit": fit})


FID_INFINITY = Measure(
    "fid_infinity_heldout",
    "FID∞ (held-out)",
    "lower",
    "heldout",
    "images",
    16,
    "inception",
    fid_infinity,
)
