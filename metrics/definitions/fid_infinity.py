"""FID extrapolated to infinitely many generated images (Chong and Forsyth, 2020).

FID falls like a + b / N with the number N of generated images. A least-squares fit over several N
gives a. The bias of a small reference set remains, so the reference set should be large. With fewer
images than the 2,048 dimensions of the features, the covariances are singular and FID does not fall
exactly like 1 / N. `fit` is the share of variance that the line explains; it is None if nothing
varies, as for equal images.
"""

import numpy as np

from metrics.frechet import frechet_distance, influence
from suite.protocol.metric import Metric, Pair, Value
from suite.protocol.seeds import stream

SIZES = 8


def extrapolated(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> tuple[float, float, float | None]:
    """The intercept a, its standard error, and the share of variance that the line explains.

    The share is None where the distances at all sizes are equal.

    Distances at sizes from N / 4 to N, evenly spaced in 1 / N, each on rows drawn anew.

    The error is that over fresh rows of x, y given, by the infinitesimal jackknife, since rows
    that a bootstrap repeats lower the rank of a covariance. The intercept is a sum of the
    distances with known coefficients w_s, so that row i changes it by sum_s w_s h_si / n_s over the
    draws s of n_s rows that hold it, with h_s their `influence`; the error is the root of the sum
    of squares. It covers the rows drawn too.
    """
    inverse = np.linspace(1, 4, SIZES) / len(x)
    sizes = np.maximum((1 / inverse).round().astype(int), 2)
    solver = np.linalg.pinv(np.stack([1 / sizes, np.ones(SIZES)], axis=1))
    values, change = [], np.zeros(len(x))
    for size, coefficient in zip(sizes, solver[1], strict=True):
        rows = rng.permutation(len(x))[:size]
        values.append(frechet_distance(x[rows], y))
        gains = influence(x[rows], y)
        change[rows] += coefficient * (gains - gains.mean()) / size
    slope, intercept = solver @ values
    left, variance = np.var(values - (slope / sizes + intercept)), np.var(values)
    fit = float(1 - left / variance) if variance else None
    return float(intercept), float(np.linalg.norm(change)), fit


def fid_infinity(pair: Pair) -> Value:
    """The extrapolated distance between the Inception features of a pair."""
    draws = stream("fid_infinity", pair.seed)
    value, error, fit = extrapolated(*pair.features("inception"), draws)
    return Value(value, error, {"fit": fit})


FID_INFINITY = Metric(
    name="fid_infinity_heldout",
    title="FID∞ (held-out)",
    about="Sees what FID sees, without the bias of few generated rows. The bias of few reference "
    "rows remains, and the line may fit poorly: see `fit`.",
    unit="squared distance of Inception features",
    range=(None, None),
    better="lower",
    reference="heldout",
    minimum=16,
    extractor="inception",
    compute=fid_infinity,
    references=(("Chong and Forsyth, 2020", "FID∞", "https://arxiv.org/abs/1911.07023"),),
)
