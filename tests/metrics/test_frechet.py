"""The Frechet distance: closed forms, invariants, and the usual matrix root as oracle."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from metrics.frechet import bootstrap_deviation, frechet_distance


def _features(seed: int, rows: int, columns: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, columns)) @ rng.normal(size=(columns, columns)) + shift


def _by_root(x: np.ndarray, y: np.ndarray) -> float:
    sx, sy = (np.cov(rows, rowvar=False) for rows in (x, y))
    gap = x.mean(axis=0) - y.mean(axis=0)
    return float(gap @ gap + np.trace(sx + sy - 2 * sqrtm(sx @ sy).real))


@pytest.mark.parametrize(("n", "m"), [(200, 300), (40, 25)])
def test_equals_the_matrix_root_where_that_is_well_conditioned(n, m):
    x, y = _features(0, n, 20), _features(1, m, 20, shift=0.5)
    assert frechet_distance(x, y) == pytest.approx(_by_root(x, y), rel=1e-10)


def test_singular_covariances_in_closed_form():
    # two rows each: rank-one covariances 2 a a' and 2 b b' for rows +-a, +-b
    a, b = np.array([3.0, 0.0, 4.0]), np.array([0.0, 1.0, 1.0])
    x, y = np.stack([a, -a]), np.stack([b, -b]) + 1.0
    expected = 3.0 + 2 * a @ a + 2 * b @ b - 4 * abs(a @ b)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-12)


def test_one_dimension_in_closed_form():
    x, y = _features(2, 50, 1), _features(3, 80, 1, shift=2.0)
    spread = (x.std(ddof=1) - y.std(ddof=1)) ** 2
    assert frechet_distance(x, y) == pytest.approx((x.mean() - y.mean()) ** 2 + spread, rel=1e-12)


@pytest.mark.parametrize("rows", [30, 300])
def test_equal_sets_have_no_distance(rows):
    x = _features(4, rows, 64, shift=5.0)
    assert frechet_distance(x, x[::-1]) <= 1e-9


def test_symmetric_and_blind_to_order_and_rotation():
    x, y = _features(5, 40, 30), _features(6, 50, 30)
    rotation = np.linalg.qr(np.random.default_rng(7).normal(size=(30, 30)))[0]
    expected = frechet_distance(x, y)
    shuffled = np.random.default_rng(8).permutation(40)
    for other in (
        frechet_distance(y, x),
        frechet_distance(x[shuffled], y),
        frechet_distance(x @ rotation, y @ rotation),
    ):
        assert other == pytest.approx(expected, rel=1e-10)


def test_one_row_has_no_covariance():
    with pytest.raises(ValueError, match="at least 2 rows"):
        frechet_distance(np.ones((1, 3)), np.ones((5, 3)))


@pytest.mark.parametrize(("n", "m"), [(40, 12), (30, 90)])
def test_the_bootstrap_equals_resampling_the_features(n, m):
    x, y = _features(9, n, 25), _features(10, m, 25, shift=0.3)
    rng = np.random.default_rng(11)
    draws = [x[rng.integers(n, size=n)] for _ in range(8)]
    expected = np.std([frechet_distance(rows, y) for rows in draws], ddof=1)
    ours = bootstrap_deviation(x, y, np.random.default_rng(11), 8)
    assert ours == pytest.approx(expected, rel=1e-6)
