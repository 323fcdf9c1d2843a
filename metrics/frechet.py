"""The Frechet distance between two Gaussians given by samples, without a matrix root."""

import numpy as np


def frechet_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Squared Frechet distance between Gaussians fitted to features x [N, d] and y [M, d].

        |mu_x - mu_y|^2 + tr S_x + tr S_y - 2 tr (S_x S_y)^(1/2)

    (Dowson and Landau 1982; Heusel et al. 2017, Eq. 6), covariances with divisor N - 1. With
    X and Y the centred features over sqrt(N - 1) and sqrt(M - 1), S_x = X'X and S_y = Y'Y, the
    eigenvalues of S_x S_y other than 0 are those of (X Y')(X Y')', so that

        tr (S_x S_y)^(1/2) = |X Y'|_*    (the nuclear norm of an N x M matrix)

    which needs neither d x d matrices nor an added epsilon, and is exact where the covariances
    are singular (N or M below d). Float64 throughout; the result is 0 or more.

    Raises:
        ValueError: fewer than 2 rows on either side.
    """
    if min(len(x), len(y)) < 2:
        raise ValueError("a covariance needs at least 2 rows")
    means, factors = zip(*(_moments(rows) for rows in (x, y)), strict=True)
    traces = sum(float(np.vdot(factor, factor)) for factor in factors)
    left, right = (_reduced(factor) for factor in factors)
    root = float(np.linalg.svd(left @ right.T, compute_uv=False).sum())
    distance = float(np.sum((means[0] - means[1]) ** 2)) + traces - 2 * root
    return max(distance, 0.0)


def _moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [d] and centred rows over sqrt(N - 1) [N, d], float64."""
    rows = np.asarray(rows, dtype=np.float64)
    mean = rows.mean(axis=0)
    return mean, (rows - mean) / np.sqrt(len(rows) - 1)


def _reduced(factor: np.ndarray) -> np.ndarray:
    """At most d rows R with R'R = factor'factor: more rows than columns hold nothing new."""
    return np.linalg.qr(factor, mode="r") if len(factor) > factor.shape[1] else factor


def bootstrap_deviation(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, replicates: int
) -> float:
    """Standard deviation of the distance when the N rows of `x` are drawn again with replacement.

    Resampling repeats rows, which shifts the distance; only its spread is meaningful. A replicate
    needs no features: with A = X Y' (X centred on the mean of all of x, Y as above) and w_i the
    times that row i was drawn, the nuclear norm is the sum of the roots of the eigenvalues of
    (A' diag(w) A - N a a') / (N - 1), where a = A' w / N.
    """
    mean, other = x.mean(axis=0), _moments(y)
    rows, reduced = x - mean, _reduced(other[1])
    products, squares = rows @ reduced.T, np.einsum("ij,ij->i", rows, rows)
    trace, gap = float(np.vdot(other[1], other[1])), mean - other[0]
    count = len(x)
    distances = []
    for _ in range(replicates):
        weights = np.bincount(rng.integers(count, size=count), minlength=count)
        shift = weights @ rows / count
        centre = weights @ products / count
        gram = (products * weights[:, None]).T @ products - count * np.outer(centre, centre)
        roots = np.sqrt(np.clip(np.linalg.eigvalsh(gram / (count - 1)), 0, None))
        spread = (weights @ squares - count * shift @ shift) / (count - 1)
        distances.append(np.sum((gap + shift) ** 2) + spread + trace - 2 * roots.sum())
    return float(np.std(distances, ddof=1))
