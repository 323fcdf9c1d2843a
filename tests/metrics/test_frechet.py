"""The Frechet distance: closed forms, invariants, and the usual matrix root as an oracle."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from metrics.frechet import frechet_distance, influence, standard_error


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


@pytest.mark.parametrize(("n", "m"), [(300, 40), (300, 400), (300, 12)])
def test_the_standard_error_is_the_spread_over_fresh_rows(n, m):
    columns = 20
    mix = np.random.default_rng(11).normal(size=(columns, columns))
    y = _features(10, m, columns, shift=0.3)

    def draw(seed: int) -> np.ndarray:
        return np.random.default_rng(seed).gamma(2.0, size=(n, columns)) @ mix

    spread = np.std([frechet_distance(draw(seed), y) for seed in range(200)], ddof=1)
    errors = [standard_error(draw(seed), y) for seed in range(20)]
    assert np.mean(errors) == pytest.approx(spread, rel=0.15)


def test_the_standard_error_is_the_derivative_by_the_weights():
    """Repeating all rows keeps moments with divisor N. One more row gives a difference."""
    x, y = _features(12, 60, 8), _features(13, 30, 8, shift=1.0)
    copies = 400  # a row's weight changes by 1 / (60 * 400)
    many = np.tile(x, (copies, 1))
    base = frechet_distance(many, y)
    gains = [frechet_distance(np.vstack([many, row]), y) - base for row in x]
    rates = np.array(gains) * len(many)
    assert standard_error(many, y) * np.sqrt(len(many)) == pytest.approx(rates.std(), rel=1e-2)


def test_the_influence_in_one_dimension_in_closed_form():
    x, y = _features(14, 12, 1), _features(15, 9, 1, shift=2.0)
    centred = (x - x.mean())[:, 0]
    ratio = y.std(ddof=1) / x.std(ddof=1)
    expected = 2 * (x.mean() - y.mean()) * centred + centred**2 * (1 - ratio)
    assert influence(x, y) == pytest.approx(expected, rel=1e-9)
