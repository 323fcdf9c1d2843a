"""Exact Wasserstein-2 distance between point sets (for Figs. 4, 9 and 10)."""

import numpy as np

from metrics.neighbours import distances, standard_error
from suite.protocol.metric import Metric, Pair, ReferenceSet, Value
from suite.running.errors import InputError


def wasserstein_2(x: np.ndarray, y: np.ndarray) -> tuple[float, float | None]:
    """Root of the least mean of |x - y|^2 over all couplings of rows x [N, d] and y [M, d].

    Rows of a set weigh alike. Exact, by the network simplex method of POT. With it comes its
    standard error over fresh rows of x, y given; None for a single row. The square changes with
    the weight of row i by the dual potential u_i, so that its error is s = std(u) / sqrt(N) (del
    Barrio and Loubes 2019), which needs no second plan; the root's is sqrt(W^2 + s) - W, that is
    s / 2W where s is small, and finite at W = 0.

    Raises:
        InputError: the method did not end within its iterations.

    >>> points = np.array([[0.0, 0.0], [3.0, 4.0]])
    >>> round(wasserstein_2(points, points[::-1] + [1.0, 0.0])[0], 9)  # each moves by 1
    1.0
    """
    import ot

    cost = distances(x.astype(np.float64), y.astype(np.float64)) ** 2
    plan, log = ot.emd([], [], cost, numItermax=10_000_000, log=True)
    if log["warning"]:
        raise InputError(
            f"the exact transport plan was not found ({log['warning']}): use fewer rows"
        )
    square, spread = float(np.sum(plan * cost)), standard_error(log["u"])
    value = float(np.sqrt(square))
    return value, None if spread is None else float(np.sqrt(square + spread)) - value


def w2(pair: Pair) -> Value:
    """Wasserstein-2 distance of a pair of point sets, in the units of the points."""
    return Value(*wasserstein_2(pair.generated, pair.reference))


def _w2(reference: ReferenceSet, title: str) -> Metric:
    return Metric(
        name=f"w2_{reference}",
        title=title,
        about="Sees misplaced points, lost modes and modes of wrong weight in one number. New "
        "points of the same distribution score above 0, and more if there are fewer of them.",
        unit="distance in the points' own units",
        range=(0, None),
        better="lower",
        reference=reference,
        data="points",
        compute=w2,
        references=(("Peyré and Cuturi, 2019", "chapter 2", "https://arxiv.org/abs/1803.00567"),),
    )


W2_TRAIN = _w2("train", "Wasserstein-2 (train)")
W2_HELDOUT = _w2("heldout", "Wasserstein-2 (held-out)")
