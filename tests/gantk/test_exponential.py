"""exp(-lambda K) y and its derivative, in Krylov spaces and by eigendecomposition."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from gantk import exponential
from gantk.dynamics import labels
from gantk.exponential import residual

ROWS = 140


def gram(spectrum):
    q = np.linalg.qr(np.random.default_rng(4).normal(size=(ROWS, ROWS)))[0]
    return q @ np.diag(spectrum) @ q.T


# As K's own: one eigenvalue of order N, some of order 1, a bulk near the ridge.
DECAYING = np.concatenate([[80.0], 5 / np.arange(1, 20) ** 1.5, np.linspace(0.05, 0.01, 120)])
SPECTRA = {
    "decaying": DECAYING,
    "rank 3": np.concatenate([[80.0, 2.0, 1.0], np.zeros(137)]),
    "all equal": np.full(ROWS, 2.0),
    "flat, too wide for a small space": np.linspace(0, 400, ROWS),
}


@pytest.fixture
def spaces(monkeypatch):
    """How many Krylov spaces sufficed, and how many eigendecompositions were made."""
    counts = {"krylov": 0, "dense": 0}
    by_spectra = exponential._by_spectra

    def counted(gram, lam, starts, function):
        def noting(spectra):
            size = spectra[0].values.shape[0]
            kind = "dense" if size == len(gram) else "krylov"

            def note():
                counts[kind] += 1

            jax.debug.callback(note)
            return function(spectra)

        return by_spectra(gram, lam, starts, noting)

    monkeypatch.setattr(exponential, "_by_spectra", counted)
    return counts


@pytest.mark.parametrize("lam", [0.3, 1.28, 5.0])
@pytest.mark.parametrize("name", SPECTRA)
def test_value_and_derivative_are_those_of_expm(name, lam):
    k, y = gram(SPECTRA[name]), labels(70, 70, -1.0)
    rng = np.random.default_rng(5)
    change = rng.normal(size=(ROWS, ROWS))
    change = change + change.T
    weights = rng.normal(size=ROWS)

    value, back = jax.vjp(lambda k: residual(k, jnp.float64(lam), jnp.asarray(y)), jnp.asarray(k))
    expected, derivative = scipy.linalg.expm_frechet(-lam * k, -lam * change)
    np.testing.assert_allclose(value, expected @ y, atol=1e-11)
    got = jnp.vdot(back(jnp.asarray(weights))[0], change)
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


def test_a_cotangent_of_zeros_gives_zeros():
    k, y = jnp.asarray(gram(DECAYING)), jnp.asarray(labels(70, 70, -1.0))
    _, back = jax.vjp(lambda k: residual(k, jnp.float64(1.0), y), k)
    np.testing.assert_array_equal(back(jnp.zeros(ROWS))[0], 0)
