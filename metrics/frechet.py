"""The Frechet distance between two Gaussians given by samples, without a matrix root."""

import numpy as np


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Squared Frechet distance between Gaussians fitted to features x [N, d] and y [M, d].

        |mu_x - mu_y|^2 + tr S_x + tr S_y - 2 tr (S_x S_y)^(1/2)

    (Dowson and Landau 1982; Heusel et al. 2017, Eq. 6), covariances with divisor N - 1. With
    X and Y the centred features over sqrt(N - 1) and sqrt(M - 1), S_x = X'X and S_y = Y'Y, the
    eigenvalues of S_x S_y other than 0 are those of (X Y')(X Y')', so that

        tr (S_x S_y)^(1/2) = |X Y'|_*    (the nuclear norm of an N x M matrix)

    N and M are at least 2. This needs neither d x d matrices nor an added epsilon, and is exact if
    the covariances are singular (N or M below d). All arithmetic is in float64. The result is not
    negative.

    >>> x = np.array([[0.0], [2.0]])
    >>> frechet_distance(x, x + 3)  # the squared distance of the means
    9.0
    >>> round(frechet_distance(x, 2 * x), 9)  # (1 - 2)^2 + (sqrt 2 - 2 sqrt 2)^2
    3.0
    """
    means, factors = zip(*(_moments(rows) for rows in (x, y)), strict=True)
    traces = sum(float(np.vdot(factor, factor)) for factor in factors)
    left, right = (_reduced(factor) for factor in factors)
    root = float(np.linalg.svd(left @ right.T, compute_uv=False).sum())
    distance = float(np.sum((means[0] - means[1]) ** 2)) + traces - 2 * root
    return max(distance, 0.0)


def standard_error(x: np.ndarray, y: np.ndarray) -> float:
    """Standard error of `frechet_distance(x, y)` over fresh rows of `x` [N, d], `y` [M, d] given.

    The infinitesimal jackknife (Efron 1982, ch. 6): std(h) / sqrt(N) with the `influence` h.
    """
    return float(influence(x, y).std(ddof=1) / np.sqrt(len(x)))


def influence(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Derivative of `frechet_distance(x, y)` by the weight of each row of `x`. Weights sum to 1.

    x: [N, d]; y: [M, d]. Returns float64 [N], up to a constant. In closed form: with x_i the
    centred rows, g = mu_x - mu_y, and the singular value decomposition U diag(s) V' of X Y' (X
    and Y as in `frechet_distance`),

        h_i = 2 g.x_i + |x_i|^2 - (N - 1) sum_k s_k U_ik^2

    because the derivative of 2 tr (S_x S_y)^(1/2) by S_x is the transport map T between the
    Gaussians and x_i' T x_i is that sum (Takatsu 2011).
    """
    mean, factor = _moments(x)
    other, reduced = _moments(y)
    left, values, _ = np.linalg.svd(factor @ _reduced(reduced).T, full_matrices=False)
    squares = np.einsum("ij,ij->i", factor, factor) - left**2 @ values
    shift = 2 * np.sqrt(len(x) - 1) * factor @ (mean - other)
    return np.asarray(shift + (len(x) - 1) * squares)


def _moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [d] and centred rows over sqrt(N - 1) [N, d], float64."""
    rows = np.asarray(rows, dtype=np.float64)
    mean = rows.mean(axis=0)
    return mean, (rows - mean) / np.sqrt(len(rows) - 1)


def _reduced(factor: np.ndarray) -> np.ndarray:
    """A matrix R with at most d rows and R'R = factor'factor."""
    if len(factor) <= factor.shape[1]:
        return factor
    return np.asarray(np.linalg.qr(factor, mode="r"))
