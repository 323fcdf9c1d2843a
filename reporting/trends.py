"""Whether a training was still improving when it ended, whatever the spacing of its snapshots."""

from collections.abc import Sequence
from math import log2

from scipy import stats

Followed = Sequence[tuple[int, float]]
"""A metric along a training: (iteration, value), by iteration."""

GAIN = 0.05
"""A relative gain per doubling of the iterations above this counts as improving."""
STRETCH = 10
"""The trend is sought among the snapshots from end / STRETCH to end."""
FEWEST = 4
"""Snapshots that a trend needs. Three would be in order by chance once in six times."""
LEVEL = 0.05
"""Level of the test for a trend."""
WIDEST = 100
"""If there are fewer, the last `FEWEST` snapshots serve, unless one is before end / WIDEST."""


def late(followed: Followed) -> tuple[tuple[int, float], tuple[int, float]] | None:
    """The last snapshot of the first half of the training, and the last of all; None without."""
    end = followed[-1][0] if followed else 0
    early = [snapshot for snapshot in followed if snapshot[0] <= end / 2]
    return (early[-1], followed[-1]) if early else None


def window_of(followed: Followed) -> Followed:
    """The snapshots among which a trend is sought; none if they are too few."""
    end = followed[-1][0] if followed else 0
    found = [snapshot for snapshot in followed if snapshot[0] >= end / STRETCH]
    if len(found) < FEWEST:
        found = [snapshot for snapshot in followed[-FEWEST:] if snapshot[0] >= end / WIDEST]
    return found if len(found) >= FEWEST else []


def improving(followed: Followed, sign: float) -> bool:
    """Whether a training was still improving when it ended.

    Three conditions must hold:

    1. No snapshot is better than the last one.
    2. Since the last snapshot of the first half, each doubling of the iterations gained more than
       5 %.
    3. The snapshots from end / 10 on (or the last four, if these begin at end / 100 or later) pass
       the Mann-Kendall test for a trend at 5 %. A training that stood still there, with independent
       noise, passes it at most once in 20 times.

    The third uses the order of the values alone, so that neither the spacing of the snapshots nor
    the shape of the curve matters. With fewer snapshots, or wider spaced ones, the answer is no.

    followed: of one metric. sign: 1 where lower is better, -1 where higher is.

    >>> improving([(0, 400), (30, 300), (100, 250), (300, 200), (1000, 150)], 1.0)
    True
    """
    pair = late(followed)
    window = window_of(followed)
    if pair is None or not window:
        return False
    (when, half), (end, last) = pair
    doublings = log2(end / max(when, 1))
    gained = sign * (half - last) > GAIN * abs(half) * doublings
    if not (gained and sign * last <= min(sign * value for _, value in followed)):
        return False
    # Of equal values the later one counts as the worse: a tie is no improvement.
    ranks = stats.rankdata([sign * value for _, value in window], "ordinal")
    trend = stats.kendalltau(range(len(window)), ranks, method="exact", alternative="less")
    return bool(trend.pvalue <= LEVEL)
