"""How sure a mean over runs is, and which differences between methods are beyond doubt.

Runs on one subset are not independent of each other: all share what is peculiar to its rows. So a
subset counts once. With several data seeds the repeats are the means over the runs on each subset,
and methods are compared pair by pair on the same subsets (a paired t-test). With one data seed the
repeats are its runs, methods are compared by Welch's t-test, and what is found holds for that
subset. One repeat says nothing of how sure it is, however many images it was judged on: another
seed lands elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from statistics import fmean, variance

from scipy.special import stdtr, stdtrit

LEVEL = 0.95
POWER = 0.8
MOST = 1000

Values = Mapping[int, Sequence[float]]
"""The values of a method's runs by data seed; a planned data seed without a run is empty."""


@dataclass(frozen=True)
class Estimate:
    """A mean, or a difference of two, and how sure it is.

    mean: itself.
    error: its standard error; inf where nothing says how sure it is.
    freedom: degrees of freedom of the error; inf for an error that is known.
    spread: standard deviation of one repeat, so that error = spread / sqrt(repeats).
    share: degrees of freedom that a repeat beyond the first adds.
    """

    mean: float
    error: float = inf
    freedom: float = inf
    spread: float = inf
    share: float = 1.0

    @property
    def known(self) -> bool:
        """Whether it says how sure it is; repeats that agree to the last digit do not."""
        return isfinite(self.error) and self.error > 0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval: mean ± t(freedom) · error.

        >>> low, high = estimate({0: [1.0, 2.0, 3.0]}).interval
        >>> round(low, 3), round(high, 3)
        (-0.484, 4.484)
        """
        if not isfinite(self.error):
            return (-inf, inf)
        half = float(stdtrit(self.freedom, (1 + LEVEL) / 2)) * self.error
        return (self.mean - half, self.mean + half)

    @property
    def doubt(self) -> float:
        """Two-sided p-value of a mean of 0, by Student's t; 1 where it is not known."""
        return float(2 * stdtr(self.freedom, -abs(self.mean) / self.error)) if self.known else 1.0


def _of_repeats(values: Sequence[float]) -> Estimate:
    if len(values) < 2:
        return Estimate(fmean(values))
    spread = sqrt(variance(values))
    return Estimate(fmean(values), spread / sqrt(len(values)), len(values) - 1, spread)


def estimate(values: Values) -> Estimate:
    """The mean that another set of as many repeats would give.

    Raises:
        ValueError: there is no value at all.
    """
    if len(values) == 1:
        return _of_repeats(*values.values())
    return _of_repeats([fmean(runs) for runs in values.values() if runs])


def welch(a: Estimate, b: Estimate) -> Estimate:
    """The difference a - b of two independent means (Welch, 1947).

    error² = error_a² + error_b², freedom = error⁴ / (error_a⁴/freedom_a + error_b⁴/freedom_b).

    >>> apart = welch(estimate({0: [1.0, 2.0, 3.0]}), estimate({0: [4.0, 5.0, 6.0]}))
    >>> apart.mean, round(apart.error, 4), round(apart.freedom, 4), round(apart.doubt, 4)
    (-3.0, 0.8165, 4.0, 0.0213)
    """
    error = sqrt(a.error**2 + b.error**2)
    difference = a.mean - b.mean
    if not isfinite(error):
        return Estimate(difference)
    parts = a.error**4 / a.freedom + b.error**4 / b.freedom
    spreads = a.spread**2 + b.spread**2
    fourths = a.spread**4 + b.spread**4
    return Estimate(
        difference,
        error,
        error**4 / parts if parts else inf,
        sqrt(spreads),
        spreads**2 / fourths if fourths and isfinite(fourths) else 1.0,
    )


def difference(a: Values, b: Values) -> Estimate:
    """Mean of a less mean of b: paired over the subsets that both have, Welch's on one subset."""
    if len(a) == len(b) == 1:
        return welch(estimate(a), estimate(b))
    shared = [seed for seed in a if a[seed] and b.get(seed)]
    if not shared:
        return Estimate(estimate(a).mean - estimate(b).mean)
    return _of_repeats([fmean(a[seed]) - fmean(b[seed]) for seed in shared])


def holm(doubts: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm, 1979).

    Taken from the smallest of m on, the i-th is multiplied by m - i + 1; none falls below the one
    before it. The chance of any false claim among those at most 0.05 is at most 5 %.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(doubts)), key=doubts.__getitem__)
    corrected, highest = [1.0] * len(doubts), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(doubts) - place) * doubts[index]))
        corrected[index] = highest
    return corrected


def needed(found: Estimate, comparisons: int) -> int | None:
    """Repeats of each method that would probably show such a difference; None beyond 1,000.

    The fewest k with |mean| at least (t(1 - α/2) + t(0.8)) · spread / sqrt(k) and (k - 1) · share
    degrees of freedom: a power of about 80 % at α = 0.05 / comparisons. It takes difference and
    spread as they were measured, so that from few repeats it is a rough guess.

    >>> needed(difference({0: [1.0, 2.0, 3.0]}, {0: [2.0, 3.0, 4.0]}), comparisons=1)
    17
    """
    if not found.known:
        return None
    tail = (1 - LEVEL) / comparisons / 2
    for repeats in range(2, MOST + 1):
        freedom = (repeats - 1) * found.share
        quantiles = float(stdtrit(freedom, 1 - tail) + stdtrit(freedom, POWER))
        if abs(found.mean) >= quantiles * found.spread / sqrt(repeats):
            return repeats
    return None
