"""exp(-lambda K) y and its derivative, in Krylov spaces and by eigendecomposition."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from gantk.dynamics import exponential, squarings
from gantk.dynamics.closed_form import labels
from gantk.dynamics.exponential import residual

ROWS = 140
RESIDUALS = {"spectra": residual, "squarings": squarings.residual}


@cache
def value_and_derivative(method, sure=True):
    """(K, lambda, y, cotangent) -> value and cotangent of K; one program for each shape."""

    def both(k, lam, y, cotangent):
        value, back = jax.vjp(lambda k: RESIDUALS[method](k, lam, y, sure), k)
        return value, back(cotangent)[0]

    program = jax.jit(both)
    return lambda k, lam, y, cotangent: program(
        jnp.asarray(k), jnp.float64(lam), jnp.asarray(y), jnp.asarray(cotangent)
    )


def gram(spectrum):
    q = np.linalg.qr(np.random.default_rng(4).normal(size=(ROWS, ROWS)))[0]
    return q @ np.diag(spectrum) @ q.T


# Like K: one eigenvalue of order N, some of order 1, and a bulk near the ridge.
DECAYING = np.concatenate([[80.0], 5 / np.arange(1, 20) ** 1.5, np.linspace(0.05, 0.01, 120)])
SPECTRA = {
    "decaying": DECAYING,
    "rank 3": np.concatenate([[80.0, 2.0, 1.0], np.zeros(137)]),
    "all equal": np.full(ROWS, 2.0),
    "flat, too wide for a small space": np.linspace(0, 400, ROWS),
}


@pytest.fixture
def spaces(monkeypatch):
    """Counts the Krylov spaces that sufficed, and the eigendecompositions."""
    counts = {"krylov": 0, "dense": 0}
    by_spectra = exponential._by_spectra

    def counted(gram, lam, starts, function, sure):
        def noting(spectra):
            size = spectra[0].values.shape[0]
            kind = "dense" if size == len(gram) else "krylov"

            def note():
                counts[kind] += 1

            jax.debug.callback(note)
            return function(spectra)

        return by_spectra(gram, lam, starts, noting, sure)

    monkeypatch.setattr(exponential, "_by_spectra", counted)
    return counts


@pytest.mark.parametrize("lam", [0.3, 1.28, 5.0])
@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize("method", RESIDUALS)
def test_value_and_derivative_are_those_of_expm(name, lam, method):
    k, y = gram(SPECTRA[name]), labels(70, 70, -1.0)
    rng = np.random.default_rng(5)
    change = rng.normal(size=(ROWS, ROWS))
    change = change + change.T
    weights = rng.normal(size=ROWS)

    value, back = value_and_derivative(method)(k, lam, y, weights)
    expected, derivative = scipy.linalg.expm_frechet(-lam * k, -lam * change)
    np.testing.assert_allclose(value, expected @ y, atol=1e-11)
    got = jnp.vdot(back, change)
    scale = np.linalg.norm(weights) * np.linalg.norm(y) * np.linalg.norm(change, 2)
    np.testing.assert_allclose(got, weights @ derivative @ y, atol=1e-11 * scale)


def test_a_space_suffices_where_the_spectrum_decays(spaces):
    def value(k, lam):
        return jnp.sum(residual(k, lam, jnp.asarray(labels(70, 70, -1.0))) ** 2)

    jax.block_until_ready(jax.grad(value)(jnp.asarray(gram(DECAYING)), 1.28))
    jax.effects_barrier()
    assert spaces == {"krylov": 2, "dense": 0}
    jax.block_until_ready(jax.grad(value)(jnp.asarray(gram(np.linspace(0, 400, ROWS))), 50.0))
    jax.effects_barrier()
    assert spaces == {"krylov": 2, "dense": 2}


@pytest.mark.parametrize("method", RESIDUALS)
def test_a_cotangent_of_zeros_gives_zeros(method):
    y = labels(70, 70, -1.0)
    _, back = value_and_derivative(method)(gram(DECAYING), 1.0, y, np.zeros(ROWS))
    np.testing.assert_array_equal(back, 0)


@pytest.mark.parametrize("method", RESIDUALS)
def test_without_a_branch_it_is_the_same_or_nan(method):
    """Value and derivative are NaN if the quick method does not suffice."""
    y = labels(70, 70, -1.0)

    def both(name, lam, sure):
        return value_and_derivative(method, sure)(gram(SPECTRA[name]), lam, y, y)

    for quick, sure in zip(
        both("decaying", 1.28, False), both("decaying", 1.28, True), strict=True
    ):
        np.testing.assert_allclose(quick, sure, rtol=1e-12, atol=1e-13)
    far = 50.0 if method == "spectra" else 1e9
    for name in ("flat, too wide for a small space", "all equal"):
        lost = name.startswith("flat") or method == "squarings"
        for values in both(name, far, False):
            assert np.isnan(values).all() if lost else np.isfinite(values).all()
    assert all(np.isfinite(values).all() for values in both("decaying", far, True))


@pytest.mark.parametrize("method", ["dense", "krylov"])
def test_the_integral_is_lambda_where_k_is_zero(method):
    """K^-1 (1 - exp(-lambda K)) y for a diagonal K with three values: exact in a space of four."""
    w = np.repeat([0.0, 0.5, 3.0], [10, 10, 10] if method == "dense" else [100, 50, 50])
    y = np.random.default_rng(8).normal(size=len(w))
    found = exponential.integral(jnp.asarray(np.diag(w)), jnp.float64(1.7), jnp.asarray(y))
    factor = np.where(w > 0, -np.expm1(-1.7 * w) / np.where(w > 0, w, 1), 1.7)
    np.testing.assert_allclose(found, factor * y, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1e-3, 1.0, 1e3, 0.99 * squarings.REACH, 1e9])
def test_squarings_serve_every_lambda(scale):
    """For a diagonal K: exp(-lambda w) y, and -lambda exp(-lambda w) y on the diagonal.

    The error is at most eps lambda |K|, as if K itself had been rounded.
    """
    w = np.concatenate([np.geomspace(1e-12, 1, 60), [0.0]])
    y, weights = np.random.default_rng(6).normal(size=(2, len(w)))

    found, back = value_and_derivative("squarings")(np.diag(w), scale, y, weights)
    decayed = np.exp(-scale * w) * y
    np.testing.assert_allclose(found, decayed, rtol=1e-14, atol=1e-15 * scale)
    got = np.diagonal(back)
    np.testing.assert_allclose(got, -scale * decayed * weights, rtol=1e-14, atol=1e-15 * scale**2)


def test_squarings_and_eigenvectors_agree_far_out():
    """lambda |K| = 80,000; eps lambda |K| is 2e-11."""
    k, (y, g) = gram(DECAYING), np.random.default_rng(7).normal(size=(2, ROWS))
    lam = 1e3
    values, gradients = {}, {}
    for method in RESIDUALS:
        values[method], gradients[method] = value_and_derivative(method)(k, lam, y, g)
    np.testing.assert_allclose(*values.values(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(*gradients.values(), rtol=0, atol=1e-10 * lam)


def test_squarings_leave_large_matrices_to_krylov_spaces(spaces, monkeypatch):
    k, y = jnp.asarray(gram(DECAYING)), jnp.asarray(labels(70, 70, -1.0))
    jax.block_until_ready(squarings.residual(k, jnp.float64(1.28), y))
    jax.effects_barrier()
    assert spaces == {"krylov": 0, "dense": 0}
    monkeypatch.setattr(squarings, "ROWS", ROWS - 1)
    jax.block_until_ready(squarings.residual(k, jnp.float64(1.28), y))
    jax.effects_barrier()
    assert spaces == {"krylov": 1, "dense": 0}
