"""How sure a mean over runs is, and which differences between methods are beyond doubt.

Runs on one subset are not independent of each other: all share what is peculiar to its rows. So a
subset counts once. With several data seeds the repeats are the means over the runs on each subset,
and methods are compared pair by pair on the same subsets (a paired t-test). With one data seed the
repeats are its runs, methods are compared by Welch's t-test, and what is found holds for that
subset. One repeat says nothing of how sure it is, however many images it was judged on: another
seed lands elsewhere.

A claim is about typical runs: of two new runs, that of the better method is better more often than
not. For skewed values that is not the same as a better mean over all runs that could be made, of
which three to five runs cannot tell. `python -m benchmarks intervals` simulates both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, inf, isfinite, sqrt
from statistics import fmean, stdev

from scipy import stats
from scipy.special import stdtr, stdtrit

LEVEL = 0.95
POWER = 0.8
MOST = 1000

Values = Mapping[int, Sequence[float]]
"""The values of a method's runs by data seed; a planned data seed without a run is empty."""


@dataclass(frozen=True)
class Estimate:
    """A mean, and how sure it is.

    mean: itself.
    spread: standard deviation of one repeat (or row); inf where one repeat says nothing of it.
    count: repeats (or rows) behind the mean.
    """

    mean: float
    spread: float = inf
    count: int = 1

    @property
    def error(self) -> float:
        """The standard error, spread / sqrt(count)."""
        return self.spread / sqrt(self.count)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval: mean ± t(count - 1) · error.

        >>> low, high = estimate({0: [1.0, 2.0, 3.0]}).interval
        >>> round(low, 3), round(high, 3)
        (-0.484, 4.484)
        """
        if not isfinite(self.spread):
            return (-inf, inf)
        half = float(stdtrit(self.count - 1, (1 + LEVEL) / 2)) * self.error
        return (self.mean - half, self.mean + half)


@dataclass(frozen=True)
class Gap:
    """A difference of two means.

    mean: itself.
    doubt: the two-sided p-value of no difference; 1 where the repeats cannot say.
    spread: standard deviation of the difference of one repeat of each; inf where it is not known.
    share: degrees of freedom that a repeat of each beyond the first adds.
    """

    mean: float
    doubt: float = 1.0
    spread: float = inf
    share: float = 1.0

    @property
    def sure(self) -> bool:
        """Whether it is beyond doubt, taken alone."""
        return self.doubt <= 1 - LEVEL

    @property
    def known(self) -> bool:
        """Whether there are repeats enough to weigh it."""
        return isfinite(self.spread)

    @property
    def constant(self) -> bool:
        """Whether the repeats of either side agree to the last digit."""
        return self.spread == 0


def _of_repeats(values: Sequence[float]) -> Estimate:
    if len(values) < 2:
        return Estimate(fmean(values))
    # fmean of equal numbers may miss them by rounding, and the deviation is not quite 0 then.
    spread = 0.0 if len(set(values)) == 1 else stdev(values)
    return Estimate(fmean(values), spread, len(values))


def estimate(values: Values) -> Estimate:
    """The mean that another set of as many repeats would give.

    Raises:
        ValueError: there is no value at all.
    """
    if len(values) == 1:
        return _of_repeats(*values.values())
    return _of_repeats([fmean(runs) for runs in values.values() if runs])


def welch(a: Estimate, b: Estimate) -> Gap:
    """The difference a - b of two independent means (Welch, 1947).

    >>> apart = welch(estimate({0: [1.0, 2.0, 3.0]}), estimate({0: [4.0, 5.0, 6.0]}))
    >>> apart.mean, round(apart.doubt, 4)
    (-3.0, 0.0213)
    """
    mean, spread = a.mean - b.mean, sqrt(a.spread**2 + b.spread**2)
    if not isfinite(spread):
        return Gap(mean)
    if spread == 0:
        return Gap(mean, _all_apart(a.count, b.count) if mean else 1.0, 0.0)
    sides = [number for one in (a, b) for number in (one.mean, one.spread, one.count)]
    doubt = stats.ttest_ind_from_stats(*sides, equal_var=False).pvalue
    return Gap(mean, float(doubt), spread, spread**4 / (a.spread**4 + b.spread**4))


def _all_apart(first: int, second: int) -> float:
    """The chance that chance alone puts all of one side below all of the other, or above.

    It is the p-value where neither side varies, so that no t-test can weigh the difference.
    """
    return 2 / comb(first + second, first)


def difference(a: Values, b: Values) -> Gap:
    """Mean of a less mean of b: paired over the subsets that both have, Welch's on one subset."""
    if len(a) == len(b) == 1:
        return welch(estimate(a), estimate(b))
    shared = [seed for seed in a if a[seed] and b.get(seed)]
    if not shared:
        return Gap(estimate(a).mean - estimate(b).mean)
    gaps = [fmean(a[seed]) - fmean(b[seed]) for seed in shared]
    found = _of_repeats(gaps)
    if not isfinite(found.spread):
        return Gap(found.mean)
    if found.spread == 0:  # by chance all differences have one sign once in 2^(count - 1) times
        return Gap(found.mean, 2.0 ** (1 - found.count) if found.mean else 1.0, 0.0)
    doubt = 2 * stdtr(found.count - 1, -abs(found.mean) / found.error)  # Student's t-test
    return Gap(found.mean, float(doubt), found.spread)


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


def needed(found: Gap) -> int | None:
    """Repeats of each method that would probably show such a difference; None beyond 1,000.

    The fewest k with |mean| at least (t(0.975) + t(0.8)) · spread / sqrt(k) and (k - 1) · share
    degrees of freedom: a power of about 80 % at 5 %. It takes difference and spread as they were
    measured, so that from few repeats it is a rough guess.

    >>> needed(difference({0: [1.0, 2.0, 3.0]}, {0: [2.0, 3.0, 4.0]}))
    17
    """
    if found.constant or not found.known:
        return None
    for repeats in range(2, MOST + 1):
        freedom = (repeats - 1) * found.share
        quantiles = float(stdtrit(freedom, (1 + LEVEL) / 2) + stdtrit(freedom, POWER))
        if abs(found.mean) >= quantiles * found.spread / sqrt(repeats):
            return repeats
    return None
