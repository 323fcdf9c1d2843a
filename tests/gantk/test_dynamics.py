"""The closed-form dynamics, the objectives and the search for lambda."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from gantk.dynamics.closed_form import labels, regularise, search_lambda, separation_error
from gantk.dynamics.discriminator import gram_loss, released_lambda
from gantk.dynamics.exponential import residual
from gantk.dynamics.objectives import OBJECTIVES
from gantk.kernel.activation import ACTIVATIONS
from gantk.kernel.architecture import Architecture
from gantk.kernel.gram import Kernel
from gantk.settings import DiscriminatorSettings
from suite.running.errors import InputError


def gram(n=8, seed=0):
    factor = np.random.default_rng(seed).normal(size=(n, n + 2))
    return jnp.asarray(factor @ factor.T / n)


def images(n, seed=0):
    return jnp.asarray(np.random.default_rng(seed).random((n, 10, 10, 1)))


def test_residual_is_the_matrix_exponential():
    k, y = gram(), labels(4, 4, 0.0)
    expected = scipy.linalg.expm(-1.7 * np.asarray(k)) @ y
    np.testing.assert_allclose(residual(k, 1.7, jnp.asarray(y)), expected, rtol=1e-12)


@pytest.mark.parametrize("spectrum", ["distinct", "repeated", "all equal"])
def test_derivative_is_that_of_central_differences(spectrum):
    """With repeated eigenvalues, differentiating an eigendecomposition gives NaN."""
    w = {"distinct": range(1, 7), "repeated": [0.5, 1, 1, 1, 2, 2], "all equal": [2] * 6}
    q = np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0]
    k = jnp.asarray(q @ np.diag(np.array([*w[spectrum]], float)) @ q.T)
    y, weights = jnp.asarray(labels(3, 3, -1.0)), jnp.arange(1.0, 7.0)
    change = np.random.default_rng(2).normal(size=(6, 6))
    change = jnp.asarray(change + change.T)

    def value(k):
        return jnp.vdot(weights, residual(k, 0.8, y) ** 2)

    step = 1e-5
    expected = (value(k + step * change) - value(k - step * change)) / (2 * step)
    np.testing.assert_allclose(jnp.vdot(jax.grad(value)(k), change), expected, rtol=1e-8)


# Loss and kernel meet only in K, so this is every objective with one activation, and the reverse.
PAIRED = [(objective, "relu") for objective in OBJECTIVES]
PAIRED += [("cross_entropy", activation) for activation in ACTIVATIONS if activation != "relu"]


@pytest.mark.parametrize(("objective", "activation"), PAIRED)
@pytest.mark.parametrize("start", ["noise", "coinciding with real rows", "coinciding"])
def test_loss_gradient_is_that_of_central_differences(objective, start, activation):
    x, z = images(3), images(3, seed=1)
    # The directions keep coinciding rows equal; otherwise ReLU's kernel has a kink.
    direction = np.random.default_rng(3).normal(size=z.shape)
    if start == "coinciding with real rows":
        z, direction[0] = z.at[0].set(x[1]), 0.0
    elif start == "coinciding":
        z, direction[0] = z.at[0].set(z[1]), direction[1]
    direction = jnp.asarray(direction)
    kernel = Kernel(Architecture(2, 1, activation, 1.4615, 0.1), tile=2, devices=1)
    settings = DiscriminatorSettings(objective=objective, lam=3.0)
    loss_of = gram_loss(settings, 3, 3)
    real = jax.jit(kernel.fixed)(x)
    both = jax.jit(jax.value_and_grad(lambda z: loss_of(kernel.joint(real, z), 3.0)))
    gradient = both(z)[1]
    assert np.isfinite(gradient).all()

    def central(step):
        return (both(z + step * direction)[0] - both(z - step * direction)[0]) / (2 * step)

    # Fourth order, because rho's rounding would hide a small step if rows coincide.
    expected = (4 * central(2e-3) - central(4e-3)) / 3
    np.testing.assert_allclose(jnp.vdot(gradient, direction), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("objective", "separated", "coinciding"),
    [
        ("cross_entropy", 0.8132616875182228, np.log(2)),
        ("half_square", 4 / 2, 4 / 4),
        ("norm", np.sqrt(4), np.sqrt(4 / 2)),
    ],
)
def test_landmarks(objective, separated, coinciding):
    settings = DiscriminatorSettings(objective=objective, diag_reg=0)
    loss = gram_loss(settings, 4, 4)
    np.testing.assert_allclose(loss(jnp.eye(8), 1e3), separated, rtol=1e-12)
    own = gram(4) + jnp.eye(4)
    np.testing.assert_allclose(loss(jnp.tile(own, (2, 2)), 1e3), coinciding, rtol=1e-6)


def test_search_is_that_of_the_loop():
    k = gram(10) + 0.1 * np.eye(10)
    y = labels(5, 5, 0.0)
    lam = 1.0
    while np.sum((scipy.linalg.expm(-lam * np.asarray(k)) @ y) ** 2) / 10 > 1e-3:
        lam *= 2
    assert search_lambda(np.asarray(k), 5, 1e-3) == lam > 1
    error = separation_error(np.asarray(k), 5)
    assert error(lam / 2) > 1e-3 >= error(lam)


def test_search_refuses_rows_that_cannot_be_separated():
    k = np.tile(np.asarray(gram(4)), (2, 2))
    with pytest.raises(InputError, match=r"no lambda .* raise `separation`"):
        search_lambda(k, 4, 1e-3)


def test_released_lambda():
    """rate 2 at n = 256 is lambda = 1.28, at n = 64 it is 5.12."""
    assert released_lambda(2.0, 512) == pytest.approx(1.28)
    assert released_lambda(2.0, 128) == pytest.approx(5.12)


def test_ridge_is_relative_to_the_mean_diagonal():
    k = gram()
    expected = np.asarray(k) + 1e-3 * np.trace(k) / 8 * np.eye(8)
    np.testing.assert_allclose(regularise(k, 1e-3), expected, rtol=1e-14)
