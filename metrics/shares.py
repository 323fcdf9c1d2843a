"""The share of copies among samples, and how sure it is, from counts.

A sample is called a copy where its score is below the k-th smallest of m scores of new images. If
those and the scores of samples that are new come from one continuous distribution, the rate f at
which new samples are called copies is itself a draw of Beta(k, m - k + 1): the k-th of m uniform
numbers. With a share s of copies, each of them called one, x of N samples are called copies, and

    x | f ~ Binomial(N, s + (1 - s) f),    f ~ Beta(k, m - k + 1).

The interval holds all s that a test at (1 - LEVEL) / 2 on either side does not reject (Clopper and
Pearson, 1934, for a binomial whose rate is unsure). So it fits few samples, few new images, and
shares of 0 and 1, and its lower end is above 0 exactly where new samples would be called copies
as often as the samples are with a chance of at most (1 - LEVEL) / 2.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

LEVEL = 0.95
_NODES = 512


@dataclass(frozen=True)
class Calibration:
    """The rate f of new images that are called copies: Beta(alpha, beta)."""

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

    def nodes(self) -> np.ndarray:
        """f at equally likely quantiles, float64 [512], for means over it."""
        return _quantiles(self.alpha, self.beta)


@lru_cache(maxsize=64)
def _quantiles(alpha: float, beta: float) -> np.ndarray:
    from scipy.stats import beta as distribution

    return np.asarray(distribution.ppf((np.arange(_NODES) + 0.5) / _NODES, alpha, beta))


@dataclass(frozen=True)
class Share:
    """The estimated share of copies, its standard error, and its interval at `LEVEL`.

    doubt: chance that new samples alone would be called copies as often (a one-sided p-value).
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

    nodes, doubt = calibration.nodes(), (1 - LEVEL) / 2

    def chance(share: float) -> float:
        """Of so many hits or more."""
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
