"""Equal rows, Euclidean distances between features, and k-th nearest neighbours."""

import numpy as np

from suite.protocol.metric import Pair


def distinct(rows: np.ndarray) -> np.ndarray:
    """Positions of the first of equal rows [n, ...], ascending, int64.

    >>> distinct(np.array([[2.0], [1.0], [2.0]])).tolist()
    [0, 1]
    """
    flat = rows.reshape(len(rows), -1)
    return np.sort(np.unique(flat, axis=0, return_index=True)[1])


def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Euclidean distances, float64 [N, M], of float64 rows x [N, d] and y [M, d].

    |x|^2 + |y|^2 - 2 xy cancels for rows that are close to each other. So the rows are centred
    first, and squares that rounding makes negative are set to 0.

    >>> distances(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])).tolist()
    [[5.0, 1.0]]
    """
    centre = y.mean(axis=0)
    x, y = x - centre, y - centre
    squares = np.einsum("ij,ij->i", x, x)[:, None] + np.einsum("ij,ij->i", y, y)
    return np.asarray(np.sqrt(np.maximum(squares - 2 * (x @ y.T), 0)))


def distances_among(x: np.ndarray) -> np.ndarray:
    """Distances among the rows of x [N, d], float64 [N, N], infinite from a row to itself."""
    gaps = distances(x, x)
    np.fill_diagonal(gaps, np.inf)
    return gaps


def kth_smallest(gaps: np.ndarray, k: int) -> np.ndarray:
    """The k-th smallest number of each row of gaps [N, M], float64 [N].

    >>> kth_smallest(np.array([[3.0, 1.0, 2.0]]), 2).tolist()
    [2.0]
    """
    return np.partition(gaps, k - 1, axis=1)[:, k - 1]


def radii(x: np.ndarray, k: int) -> np.ndarray:
    """Distance of each row of x [N, d] to its k-th nearest other row, float64 [N]; k < N.

    >>> radii(np.array([[0.0], [1.0], [3.0]]), 1).tolist()
    [1.0, 1.0, 2.0]
    """
    return kth_smallest(distances_among(x), k)


def across(pair: Pair, extractor: str) -> np.ndarray:
    """Feature distances of a pair, float64 [generated, reference]; ask for them by `pair.once`."""
    return distances(*pair.features(extractor))


def reference_radii(pair: Pair, extractor: str, k: int) -> np.ndarray:
    """Radii of the reference rows, float64 [reference]; ask for them by `pair.once`."""
    return radii(pair.features(extractor)[1], k)


def standard_error(rows: np.ndarray) -> float | None:
    """Standard error of the mean of one number a row [N]; None for a single row.

    >>> standard_error(np.array([0.0, 2.0])), standard_error(np.array([1.0]))
    (1.0, None)
    """
    return float(rows.std(ddof=1) / np.sqrt(len(rows))) if len(rows) > 1 else None


def bootstrap_error(columns: np.ndarray, rng: np.random.Generator, replicates: int = 100) -> float:
    """Bootstrap error of mean_j max_i columns[i, j] over resampled rows i [N].

    It serves metrics that take, for each reference row j, the best of all generated rows i.
    """
    count = len(columns)
    draws = (columns[np.unique(rng.integers(count, size=count))] for _ in range(replicates))
    return float(np.std([rows.max(axis=0).mean() for rows in draws], ddof=1))
