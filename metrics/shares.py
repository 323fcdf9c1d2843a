"""The share of copies among samples, with its interval, from counts.

A sample is called a copy if its score is below the k-th smallest of the scores of m new images. Let
f be the rate at which new samples are called copies. If their scores have the same continuous
distribution as those of the m new images, f is the k-th smallest of m uniform numbers, with the
distribution Beta(k, m - k + 1). Let s be the share of copies, all of which are called copies. Then
the number x of N samples that are called copies has the distribution

    x | f ~ Binomial(N, s + (1 - s) f),    f ~ Beta(k, m - k + 1).

The interval holds all s that a one-sided test at (1 - LEVEL) / 2 does not reject on either side:
that of Clopper and Pearson (1934), for a rate that is itself random. So it is valid for few
samples, for few new images, and for shares of 0 and 1. Its lower end is above 0 if and only if new
samples would be called copies at least as often with a probability below (1 - LEVEL) / 2.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEVEL = 0.95
_NODES = 512


@dataclass(frozen=True)
class Calibration:
    """The distribution of f, the rate at which new images are called copies: Beta(alpha, beta)."""

    alpha: float
    beta: float

    @property
    def rate(self) -> float:
        """Its mean."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def deviation(self) -> float:
        """Its standard deviation."""
        return float((self.rate * (1 - self.rate) / (self.alpha + self.beta + 1)) ** 0.5)


@lru_cache(maxsize=64)
def nodes_of(rate: Calibration) -> np.ndarray:
    """Equally likely quantiles of f, float64 [512], for means over f."""
    from scipy.stats import beta

    return np.asarray(beta.ppf((np.arange(_NODES) + 0.5) / _NODES, rate.alpha, rate.beta))


@dataclass(frozen=True)
class Share:
    """The estimated share of copies, its standard error, and its interval at `LEVEL`.

    doubt: the one-sided p-value of s = 0, the probability that as many new samples would be called
    copies.
    """

    value: float
    error: float
    low: float
    high: float
    doubt: float


def share_of(hits: int, rows: int, calibration: Calibration) -> Share:
    """The share where `hits` of `rows` samples are called copies.

    The estimate is (hits / rows - f) / (1 - f) with the mean of f, at least 0.

    >>> exact = Calibration(1, 1e9)  # no new image is called a copy: Clopper and Pearson's interval
    >>> share = share_of(0, 10, exact)
    >>> share.value, share.low, round(share.high, 4)  # 1 - 0.025 ** (1 / 10)
    (0.0, 0.0, 0.3085)
    """
    from scipy.optimize import brentq
    from scipy.stats import binom

    nodes, doubt = nodes_of(calibration), (1 - LEVEL) / 2

    def chance(share: float) -> float:
        """The probability of so many hits or more."""
        return float(binom.sf(hits - 1, rows, share + (1 - share) * nodes).mean())

    def excess(share: float) -> float:
        return chance(share) - doubt

    def lack(share: float) -> float:
        return float(binom.cdf(hits, rows, share + (1 - share) * nodes).mean()) - doubt

    low = 0.0 if excess(0.0) >= 0 else float(brentq(excess, 0.0, 1.0))
    high = 1.0 if lack(1.0) >= 0 else 0.0 if lack(0.0) <= 0 else float(brentq(lack, 0.0, 1.0))
    rate, found = calibration.rate, hits / rows
    value = max(0.0, (found - rate) / (1 - rate))
    variance = found * (1 - found) / rows + ((1 - value) * calibration.deviation) ** 2
    return Share(value, variance**0.5 / (1 - rate), low, high, chance(0.0))
