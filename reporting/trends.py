"""Whether a training was still improving when it ended, by snapshots as they are spaced."""

from collections.abc import Sequence
from functools import cache
from math import log2

Followed = Sequence[tuple[int, float]]
"""A metric along a training: (iteration, value), by iteration."""

GAIN = 0.05
"""Least relative gain by a doubling of the iterations that counts as improving."""
STRETCH = 10
"""The trend is looked for in the snapshots of the last tenfold of the iterations."""
FEWEST = 4
"""Snapshots that a trend needs: three are in order by chance once in six times."""
WIDEST = 100
"""Where the last tenfold has fewer, they must lie in so many times of the iterations at most."""


@cache
def _most_inversions(count: int) -> int:
    """The most pairs in a wrong order that a random order of `count` values seldom (5 %) has.

    >>> [_most_inversions(count) for count in (4, 5, 6)]
    [0, 1, 2]
    """
    seen: dict[int, int] = {0: 1}
    for size in range(2, count + 1):  # the largest of `size` values stands before 0 to size - 1
        grown: dict[int, int] = {}
        for wrong, ways in seen.items():
            for more in range(size):
                grown[wrong + more] = grown.get(wrong + more, 0) + ways
        seen = grown
    total, below, most = sum(seen.values()), 0, -1
    for wrong in sorted(seen):
        below += seen[wrong]
        if below > total / 20:
            break
        most = wrong
    return most


def late(followed: Followed) -> tuple[tuple[int, float], tuple[int, float]] | None:
    """The last snapshot of the first half of the training, and that of its end."""
    end = followed[-1][0] if followed else 0
    early = [snapshot for snapshot in followed if snapshot[0] <= end / 2]
    return (early[-1], followed[-1]) if early else None


def window_of(followed: Followed) -> Followed:
    """The snapshots among which a trend is looked for; none where they are too few."""
    end = followed[-1][0] if followed else 0
    found = [snapshot for snapshot in followed if snapshot[0] >= end / STRETCH]
    if len(found) < FEWEST:
        found = [snapshot for snapshot in followed[-FEWEST:] if snapshot[0] >= end / WIDEST]
    return found if len(found) >= FEWEST else []


def improving(followed: Followed, sign: float) -> bool:
    """Whether a training was still improving when it ended.

    Three things must hold: no snapshot is better than the last; from the last snapshot of the first
    half on, a doubling of the iterations gained 5 % or more; and over the last tenfold of the
    iterations (or the last four snapshots, if these lie in the last hundredfold) values improve by
    the test of Mann and Kendall at 5 %: of trainings that stood still there but for independent
    noise, at most one in 20 passes it. It asks for the order of the values alone, so that neither
    the spacing of the snapshots nor the shape of the curve matters. Fewer or wider spaced ones
    prove nothing.

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
    ordered = [sign * value for _, value in window]
    wrong = sum(a <= b for i, a in enumerate(ordered) for b in ordered[i + 1 :])
    return (
        sign * last <= min(sign * value for _, value in followed)
        and sign * (half - last) > GAIN * abs(half) * doublings
        and wrong <= _most_inversions(len(window))
    )
