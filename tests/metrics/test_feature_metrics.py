"""KID, precision, recall, density and coverage beside other implementations and definitions."""

import numpy as np
import pytest
import torch
from prdc import compute_prdc
from torch_fidelity.metric_kid import kernel_mmd
from torch_fidelity.metric_prc import calculate_precision_recall_full

from metrics.definitions import fid_infinity
from metrics.definitions.density_coverage import coverage, density
from metrics.definitions.fid import fid
from metrics.definitions.kid import polynomial_kernel, squared_mmd
from metrics.definitions.precision_recall import precision, recall
from metrics.frechet import frechet_distance, standard_error
from metrics.neighbours import bootstrap_error, distances, radii
from suite.protocol.metric import Pair


def _features(seed: int, rows: int, columns: int = 32, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scale = np.linspace(0.3, 2, columns)
    return (rng.normal(size=(rows, columns)) * scale + shift).astype(np.float32)


def _pair(x: np.ndarray, y: np.ndarray) -> Pair:
    """A pair whose rows are their own features."""
    return Pair(x, y, None, 0, lambda name, rows: rows)


SETS = [(120, 120, 0.0), (300, 40, 0.4), (40, 300, 0.2)]


@pytest.fixture(params=SETS, ids=str)
def sets(request):
    n, m, shift = request.param
    return _features(0, n, shift=shift), _features(1, m)


def test_precision_and_recall_equal_torch_fidelity(sets):
    x, y = sets
    both = calculate_precision_recall_full(*(torch.from_numpy(r).double() for r in sets), 3)
    ours = precision(_pair(x, y)).value, recall(_pair(x, y)).value
    assert ours == pytest.approx(both, abs=1e-6)


def test_density_and_coverage_equal_prdc(sets):
    x, y = sets
    oracle = compute_prdc(y.astype(np.float64), x.astype(np.float64), nearest_k=5)
    pair = _pair(x, y)
    assert density(pair, "any").value == pytest.approx(oracle["density"], abs=1e-6)
    assert coverage(pair, "any").value == pytest.approx(oracle["coverage"], abs=1e-6)


def test_kid_equals_torch_fidelity_on_one_subset():
    x, y = _features(2, 100, shift=0.3).astype(float), _features(3, 100).astype(float)
    settings = {
        "kid_kernel": "poly",
        "kid_kernel_poly_degree": 3,
        "kid_kernel_poly_gamma": None,
        "kid_kernel_poly_coef0": 1.0,
    }
    assert squared_mmd(x, y)[0] == pytest.approx(kernel_mmd(x, y, **settings), rel=1e-10)


def test_kid_is_the_mean_over_subsets():
    x, y = _features(4, 6).astype(float), _features(5, 5).astype(float)
    pairs = [(i, j) for i in range(6) for j in range(i)]
    values = [squared_mmd(x[list(a)], y[list(b)])[0] for a in pairs for b in pairs if max(b) < 5]
    assert squared_mmd(x, y)[0] == pytest.approx(np.mean(values), rel=1e-10)


@pytest.mark.parametrize(("shift", "most"), [(2.0, 1.15), (0.0, 1.5)])
def test_the_standard_error_of_kid_is_its_spread_over_fresh_samples(shift, most):
    draws = [
        squared_mmd(
            _features(100 + i, 80, 8, shift=shift).astype(float),
            _features(900 + i, 40, 8).astype(float),
        )
        for i in range(200)
    ]
    values, errors = np.array(draws).T
    assert 0.9 <= np.mean(errors) / values.std(ddof=1) <= most


def test_kid_of_one_distribution_has_mean_zero_at_any_size():
    draws = [
        squared_mmd(_features(i, 60, 8).astype(float), _features(500 + i, 20, 8).astype(float))[0]
        for i in range(200)
    ]
    assert abs(np.mean(draws)) <= 4 * np.std(draws) / np.sqrt(len(draws))


def test_the_kernel_by_its_formula():
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, -1.0], [0.0, 0.0]])
    assert polynomial_kernel(x, y).tolist() == [[1.5**3, 1.0]]


def test_distances_of_close_rows_far_from_the_origin():
    x = np.full((3, 4), 1e4) + np.arange(12).reshape(3, 4) * 1e-3
    expected = np.linalg.norm(x[:, None] - x[None], axis=2)
    assert np.allclose(distances(x, x), expected, rtol=1e-6, atol=1e-7)


def test_radii_count_other_rows_only():
    x = np.array([[0.0], [1.0], [3.0], [3.0]])
    assert radii(x, 1).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_copies_of_the_reference_are_perfect():
    x = _features(6, 50)
    pair = _pair(x, x)
    values = precision(pair), recall(pair), coverage(pair, "any")
    assert [value.value for value in values] == [1.0, 1.0, 1.0]


def test_dropped_modes_cost_recall_and_coverage_but_not_precision():
    y = np.concatenate([_features(7, 60), _features(8, 60, shift=30.0)])
    pair = _pair(_features(9, 200), y)
    assert precision(pair).value > 0.5
    assert coverage(pair, "any").value <= 0.5 and recall(pair).value <= 0.5


def test_the_bootstrap_of_a_maximum_equals_drawing_rows_again():
    columns = np.random.default_rng(0).random((20, 7))
    rng = np.random.default_rng(1)
    draws = [columns[rng.integers(20, size=20)].max(axis=0).mean() for _ in range(100)]
    ours = bootstrap_error(columns, np.random.default_rng(1))
    assert ours == pytest.approx(np.std(draws, ddof=1), rel=1e-12)


def test_fid_infinity_finds_the_intercept(monkeypatch):
    monkeypatch.setattr(fid_infinity, "frechet_distance", lambda x, y: 3.0 + 50.0 / len(x))
    rng = np.random.default_rng(0)
    value, _, fit = fid_infinity.extrapolated(_features(0, 400), _features(1, 90), rng)
    assert (value, fit) == (pytest.approx(3.0), pytest.approx(1.0))


@pytest.mark.parametrize(("n", "m", "columns"), [(120, 100, 8), (64, 90, 100)])
def test_the_standard_error_of_fid_infinity_is_its_spread_over_fresh_rows(n, m, columns):
    y = _features(1, m, columns, shift=0.3)

    def draw(seed: int) -> tuple[float, float]:
        rng = np.random.default_rng(seed)
        return fid_infinity.extrapolated(_features(100 + seed, n, columns), y, rng)[:2]

    values, errors = np.array([draw(seed) for seed in range(60)]).T
    assert 0.5 <= np.mean(errors) / values.std(ddof=1) <= 2


@pytest.mark.parametrize(("n", "m", "shift"), [(120, 120, 0.0), (64, 200, 0.5), (15, 60, 0.3)])
def test_the_standard_error_of_recall_is_its_spread_over_fresh_rows(n, m, shift):
    y = _features(1, m, 8)
    draws = [recall(_pair(_features(100 + i, n, 8, shift), y)) for i in range(60)]
    spread = np.std([draw.value for draw in draws], ddof=1)
    assert 0.5 <= np.mean([draw.std for draw in draws]) / spread <= 2


def test_recall_of_few_rows_has_no_standard_error():
    assert recall(_pair(_features(0, 7), _features(1, 7))).std is None


def test_fid_is_of_the_generated_rows_and_so_is_its_error():
    x, y = _features(2, 60, 8, shift=0.3), _features(3, 40, 8)
    value = fid(_pair(x, y))
    assert (value.value, value.std) == (frechet_distance(x, y), standard_error(x, y))
