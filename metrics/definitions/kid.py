"""Kernel Inception Distance (Bińkowski et al., 2018): unbiased for any number of rows, unlike FID.

It is the squared maximum mean discrepancy with the kernel k(x, y) = (x.y / d + 1)^3. Others
estimate it from random subsets, because the kernel matrix of 50,000 rows is large. The sets here
are small, so all rows are used, without random draws: the value is the mean over all subsets.
"""

from dataclasses import replace

import numpy as np

from suite.protocol.metric import Metric, Pair, Value

BLOCK = 512


def polynomial_kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(x.y / d + 1)^3 of float64 rows x [N, d] and y [M, d]: float64 [N, M].

    >>> polynomial_kernel(np.array([[2.0, 0.0]]), np.array([[1.0, 5.0]])).tolist()  # (2 / 2 + 1)^3
    [[8.0]]
    """
    return np.asarray((x @ y.T / x.shape[1] + 1) ** 3)


def squared_mmd(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Unbiased squared MMD of features x [N, d] and y [M, d], and its standard error.

    The value is the U-statistic of Gretton et al. (2012, Eq. 3). The error is that of its first
    projection: with h_i = 2 (mean_{j != i} k(x_i, x_j) - mean_j k(x_i, y_j)) for the rows of x,
    and likewise for y, the variance is var(h_x) / N + var(h_y) / M. It covers the finite number
    of generated and of reference rows. Where the distributions nearly agree, noise of the means
    makes it too large, by at most about sqrt 2.
    """
    value, variance = 0.0, 0.0
    for rows, others in ((x, y), (y, x)):
        own = (np.einsum("ij,ij->i", rows, rows) / rows.shape[1] + 1) ** 3
        within = (_row_sums(rows, rows) - own) / (len(rows) - 1)
        gains = within - _row_sums(rows, others) / len(others)
        value += float(gains.mean())
        variance += 4 * float(np.var(gains, ddof=1)) / len(rows)
    return value, variance**0.5


def _row_sums(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Sums of the kernel over y for each row of x, in blocks: the matrix may not fit memory."""
    blocks = (x[start : start + BLOCK] for start in range(0, len(x), BLOCK))
    return np.concatenate([polynomial_kernel(block, y).sum(axis=1) for block in blocks])


def kid(pair: Pair) -> Value:
    """Squared MMD between the Inception features of a pair; may be slightly negative."""
    return Value(*squared_mmd(*pair.features("inception")))


KID_TRAIN = Metric(
    name="kid_train",
    title="KID (train)",
    about="Sees what FID sees, without its bias: new real images score 0 within the error at "
    "any number of rows, and copies of the reference score lower. Lost modes change it little.",
    unit="squared mean discrepancy of Inception features",
    range=(None, None),
    better="lower",
    reference="train",
    minimum=2,
    extractor="inception",
    compute=kid,
    references=(("Bińkowski et al., 2018", "section 4", "https://arxiv.org/abs/1801.01401"),),
)
KID_HELDOUT = replace(KID_TRAIN, name="kid_heldout", title="KID (held-out)", reference="heldout")
KID_CLASS = replace(KID_TRAIN, name="kid_class", title="KID (class)", reference="class")
