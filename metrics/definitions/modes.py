"""Modes covered, and share of high-quality points, of a mixture (Srivastava et al., 2017).

A point has high quality if it lies within three standard deviations of its nearest mode. A mode is
covered if it is the nearest mode of such a point. The centres, and one standard deviation for all
modes and both coordinates, are estimated from the labelled held-out rows.
"""

from dataclasses import replace

import numpy as np

from metrics.neighbours import distances, standard_error
from suite.protocol.metric import Metric, Pair, Value

DEVIATIONS = 3.0


def modes_of(points: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, float]:
    """Centres [k, d] in the order of the labels, and the pooled standard deviation.

    >>> points = np.array([[0.0, 0.0], [0.0, 2.0], [5.0, 5.0], [5.0, 7.0]])
    >>> centres, deviation = modes_of(points, np.array([0, 0, 1, 1]))
    >>> centres.tolist(), deviation
    ([[0.0, 1.0], [5.0, 6.0]], 1.0)
    """
    points = points.astype(np.float64)
    names, index = np.unique(labels, return_inverse=True)
    centres = np.stack([points[labels == name].mean(axis=0) for name in names])
    free = (len(points) - len(names)) * points.shape[1]
    return centres, float(np.sqrt(np.sum((points - centres[index]) ** 2) / free))


def _assigned(pair: Pair) -> tuple[np.ndarray, np.ndarray, int]:
    """Nearest mode [N] and whether it is near enough [N], and the number of modes."""
    assert pair.labels is not None, "`labelled` metrics are given labels"
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


MODES_COVERED = Metric(
    name="modes_covered",
    title="Modes covered",
    about="Sees modes without a single good point. One good point covers a mode, so it misses "
    "modes of wrong weight and stray points.",
    unit="modes",
    range=(0, None),
    better="higher",
    reference="heldout",
    data="points",
    compute=modes_covered,
    shows="coverage",
    labelled=True,
    references=(
        ("Srivastava et al., 2017", "mixtures of Gaussians", "https://arxiv.org/abs/1705.07761"),
    ),
)
HIGH_QUALITY = replace(
    MODES_COVERED,
    name="high_quality",
    title="High-quality share",
    about="Sees stray points: the mixture itself scores 0.989. Misses lost modes.",
    unit="share of generated points",
    range=(0, 1),
    compute=high_quality,
    shows="quality",
)
