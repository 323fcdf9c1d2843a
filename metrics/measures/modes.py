"""Modes covered and high-quality share of points from a mixture (Srivastava et al. 2017).

A point is of high quality if it lies within three standard deviations of its nearest mode; a mode
is covered if some such point is nearest to it. Centres and the deviation (one for all modes and
both coordinates) are estimated from the labelled held-out rows.
"""

import numpy as np

from metrics.neighbours import distances, standard_error
from suite.measure import Measure, Pair, Value

DEVIATIONS = 3.0


def modes_of(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Centres [k, d] in the order of the labels, and the pooled standard deviation."""
    points = points.astype(np.float64)
    names, index = np.unique(labels, return_inverse=True)
    centres = np.stack([points[labels == name].mean(axis=0) for name in names])
    free = (len(points) - len(names)) * points.shape[1]
    return centres, float(np.sqrt(np.sum((points - centres[index]) ** 2) / free))


def _assigned(pair: Pair) -> tuple[np.ndarray, np.ndarray, int]:
    """Nearest mode [N] and whether it is near enough [N], and the number of modes."""
    centres, deviation = modes_of(pair.reference, pair.labels)
    gaps = distances(pair.generated.astype(np.float64), centres)
    return gaps.argmin(axis=1), gaps.min(axis=1) <= DEVIATIONS * deviation, len(centres)


def modes_covered(pair: Pair) -> Value:
    """Number of modes with a point of high quality."""
    nearest, good, count = pair.once(_assigned)
    return Value(float(len(np.unique(nearest[good]))), None, {"modes": count})


def high_quality(pair: Pair) -> Value:
    """Share of points of high quality."""
    _, good, _ = pair.once(_assigned)
    return Value(float(good.mean()), standard_error(good))


def _measure(name: str, title: str, compute) -> Measure:
    return Measure(name, title, "higher", "heldout", "points", 1, None, compute, labelled=True)


MODES_COVERED = _measure("modes_covered", "Modes covered", modes_covered)
HIGH_QUALITY = _measure("high_quality", "High-quality share", high_quality)
