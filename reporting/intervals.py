"""How sure a mean over runs is, and which differences between methods are beyond doubt.

Runs on one subset are not independent, because they share its rows. So each subset counts once.
With several data seeds, a repeat is the mean over the runs on one subset, and two methods are
compared by a paired t-test over the subsets. With one data seed, a repeat is a run, two methods are
compared by Welch's t-test, and the result holds for that subset. A single repeat has no known
error, however many images it was judged on: another seed gives another value.

A claim is about typical runs: in a new pair of runs, the better method probably has the better
value. For skewed values this does not imply a better mean over all possible runs; three to five
runs cannot show that mean. `python -m benchmarks intervals` simulates both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, inf, isfinite, sqrt
from statistics import fmean, stdev
from typing import TypeVar

from scipy import stats
from scipy.special import stdtr, stdtrit

LEVEL = 0.95
POWER = 0.8
MOST = 1000

T = TypeVar("T")
Values = Mapping[int, Sequence[float]]
"""The values of a method's runs by data seed; a planned data seed without a run is empty."""


@dataclass(frozen=True)
class Estimate:
    """A mean, and how sure it is.

    mean: the mean itself.
    spread: standard deviation of one repeat (or row); inf if there is only one repeat.
    count: number of repeats (or rows).
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

    mean: the difference itself.
    doubt: the two-sided p-value of no difference; 1 if there are too few repeats.
    spread: standard deviation of the difference between one repeat of each; inf if not known.
    share: degrees of freedom that each further repeat of both adds.
    """

    mean: float
    doubt: float = 1.0
    spread: float = inf
    share: float = 1.0

    @property
    def sure(self) -> bool:
        """Whether the p-value, uncorrected, is at most 1 - LEVEL."""
        return self.doubt <= 1 - LEVEL

    @property
    def known(self) -> bool:
        """Whether there are enough repeats to know the spread."""
        return isfinite(self.spread)

    @property
    def constant(self) -> bool:
        """Whether all repeats of each side are equal."""
        return self.spread == 0


def _of_repeats(values: Sequence[float]) -> Estimate:
    if len(values) < 2:
        return Estimate(fmean(values))
    # Rounding in fmean can give equal numbers a tiny deviation.
    spread = 0.0 if len(set(values)) == 1 else stdev(values)
    return Estimate(fmean(values), spread, len(values))


def estimate(values: Values) -> Estimate:
    """Mean, spread and number of the repeats: the subsets, or with one data seed its runs.

    Raises:
        ValueError: there is no value.
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
        # Of equal distributions, the probability that one side falls wholly below the other.
        return Gap(mean, 2 / comb(a.count + b.count, a.count) if mean else 1.0, 0.0)
    sides = [number for one in (a, b) for number in (one.mean, one.spread, one.count)]
    doubt = stats.ttest_ind_from_stats(*sides, equal_var=False).pvalue
    return Gap(mean, float(doubt), spread, spread**4 / (a.spread**4 + b.spread**4))


def difference(a: Values, b: Values) -> Gap:
    """Mean of a - mean of b: paired over the subsets that both have; Welch's test on one subset."""
    if len(a) == len(b) == 1:
        return welch(estimate(a), estimate(b))
    shared = [seed for seed in a if a[seed] and b.get(seed)]
    if not shared:
        return Gap(estimate(a).mean - estimate(b).mean)
    gaps = [fmean(a[seed]) - fmean(b[seed]) for seed in shared]
    found = _of_repeats(gaps)
    if not isfinite(found.spread):
        return Gap(found.mean)
    if found.spread == 0:  # a sign test: all differences have one sign
        return Gap(found.mean, 2.0 ** (1 - found.count) if found.mean else 1.0, 0.0)
    doubt = 2 * stdtr(found.count - 1, -abs(found.mean) / found.error)  # Student's t-test
    return Gap(found.mean, float(doubt), found.spread)


def holm(doubts: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm, 1979).

    The i-th smallest of m p-values is multiplied by m - i + 1, and then raised to the largest of
    those before it if it is smaller. If every value up to 0.05 is called a difference, the chance
    of any false claim is at most 5 %.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(doubts)), key=doubts.__getitem__)
    corrected, highest = [1.0] * len(doubts), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(doubts) - place) * doubts[index]))
        corrected[index] = highest
    return corrected


def beyond_doubt(found: Sequence[tuple[T, float]], level: float = 1 - LEVEL) -> list[T]:
    """Those of `found` whose p-value, corrected for their number (`holm`), is at most `level`.

    found: (anything, its p-value).
    """
    corrected = holm([doubt for _, doubt in found])
    return [one for (one, _), doubt in zip(found, corrected, strict=True) if doubt <= level]


def needed(found: Gap) -> int | None:
    """Repeats of each method that would probably show such a difference; None above 1,000.

    The smallest k with |mean| >= (t(0.975) + t(0.8)) · spread / sqrt(k), with (k - 1) · share
    degrees of freedom: a power of about 80 % at the 5 % level. It takes the measured difference and
    spread for the true ones, so that it is a rough guess from few repeats.

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
