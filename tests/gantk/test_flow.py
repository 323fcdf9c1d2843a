"""The family of kernel discriminators beside neural-tangents, an ODE solver and differences."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate

from gantk.dynamics.closed_form import labels
from gantk.dynamics.discriminator import gram_loss
from gantk.gantk2.finite import initial_layers, output, train_twins
from gantk.gantk2.flow import KernelDiscriminator, architecture_of
from gantk.gantk2.rules import logistic_steps, trained, weights
from gantk.gantk2.settings import InfiniteSettings
from gantk.kernel.gram import Kernel
from gantk.kernel.peer import PeerKernel, import_neural_tangents
from gantk.kernel.radial import RadialKernel
from gantk.settings import DiscriminatorSettings
from suite.running.errors import InputError

NETWORKS = {
    "b = 1": {},
    "b = 0": {"sigma_b2": 0.0},
    "b = 4": {"sigma_b2": 16.0},
    "erf": {"activation": "erf"},
    "sigmoid": {"activation": "sigmoid", "sigma_b2": 0.04},
    "rbf": {"kernel": "rbf"},
}


def points(n, seed=0, shift=0.0):
    return jnp.asarray(np.random.default_rng(seed).normal(shift, 1, (n, 2)))


def oracle(settings):
    """The kernel function of neural-tangents: (rows, rows or None) -> matrix."""
    nt = import_neural_tangents()
    if settings.kernel == "rbf":
        network = nt.stax.serial(nt.stax.Flatten(), nt.stax.Dense(1, 1.0, 0.0), nt.stax.Rbf(0.5))
        return lambda x, y: network[2](x, y, "nngp")
    peer = PeerKernel(architecture_of(settings))
    return lambda x, y: peer._function(x, y, "ntk")


def discriminator(settings, tile=8, devices=1):
    kernel = Kernel(architecture_of(settings), tile, devices)
    return KernelDiscriminator(
        settings, RadialKernel() if settings.kernel == "rbf" else kernel, steps=128
    )


def program(made):
    """(x, z) -> value and gradient in z, compiled once."""

    def loss(x, z):
        return made.loss(made.kernel.fixed(x), z)

    return jax.jit(jax.value_and_grad(loss, argnums=1))


def value_and_gradient(made, x, z):
    return program(made)(x, z)


@pytest.mark.parametrize("name", NETWORKS)
def test_kernel_is_that_of_neural_tangents(name):
    settings, rows = InfiniteSettings(**NETWORKS[name]), points(7)
    theirs = oracle(settings)(rows, None)
    ours = jax.jit(discriminator(settings).kernel.gram)(rows)
    np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)


def test_a_row_at_the_origin_has_a_kernel_and_a_gradient_without_biases():
    settings = InfiniteSettings(sigma_b2=0.0)
    z = points(4, 1).at[0].set(0.0).astype(jnp.float32)
    made = discriminator(settings)
    value, gradient = value_and_gradient(made, points(4).astype(jnp.float32), z)
    assert np.isfinite(value) and np.isfinite(gradient).all()
    np.testing.assert_allclose(jax.jit(made.kernel.gram)(z)[0], 0, atol=1e-6)


@pytest.mark.parametrize("name", ["b = 1", "rbf"])
@pytest.mark.parametrize("time", [0.5, 20.0])
def test_squares_are_the_predictor_of_neural_tangents(name, time):
    """f also on rows that are in no training set; lambda = 2t / n."""
    settings, n = InfiniteSettings(**NETWORKS[name]), 6
    x, z, new = points(n), points(n, 1), points(3, 2)
    rows, kernel = jnp.concatenate([x, z]), oracle(settings)
    gram, cross = kernel(rows, None), kernel(new, rows)
    y = jnp.asarray(labels(n, n, -1.0))
    predict = import_neural_tangents().predict.gradient_descent_mse
    # Its loss is half the mean over 2n rows, so 4 units of its time are 1 of ours.
    theirs = predict(gram, y[:, None], diag_reg=0.0)(4 * time, 0.0, 0.0, cross)
    w = weights("squares", gram, y, time)
    np.testing.assert_allclose(gram @ w, theirs[0][:, 0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(cross @ w, theirs[1][:, 0], rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(trained("squares", gram, y, time), gram @ w, atol=1e-10)


@pytest.mark.parametrize("time", [1.0, 100.0])
def test_the_logistic_flow_is_that_of_an_ode_solver(time):
    settings, n = InfiniteSettings(), 8
    rows = jnp.concatenate([points(n), points(n, 1, 1.0)])
    gram = np.asarray(oracle(settings)(rows, None))
    y = labels(n, n, -1.0)

    def slope(_, w):
        return y / (1 + np.exp(y * (gram @ w))) / (2 * n)

    solved = scipy.integrate.solve_ivp(
        slope, (0, time), np.zeros(2 * n), "DOP853", rtol=1e-11, atol=1e-13
    ).y[:, -1]
    steps = logistic_steps(time, gram.diagonal().max())
    ours = weights("logistic", jnp.asarray(gram), jnp.asarray(y), time, steps)
    np.testing.assert_allclose(gram @ ours, gram @ solved, rtol=1e-6)
    # A sigmoid that acts on each eigenvector separately would be another flow.
    values, vectors = np.linalg.eigh(gram)
    apart = scipy.integrate.solve_ivp(
        lambda _, f: values / (2 * n) / (1 + np.exp(f)), (0, time), np.zeros(2 * n), rtol=1e-9
    ).y[:, -1]
    closed = y * np.abs(vectors @ (apart * (vectors.T @ y)))
    assert np.linalg.norm(closed - gram @ solved) > 1e-2 * np.linalg.norm(gram @ solved)


def test_too_long_a_logistic_training_is_refused():
    with pytest.raises(InputError, match="choose at most 819"):
        logistic_steps(1e5, 10.0)


CASES = [
    (name, rule, through, scored)
    for rule in ("ipm", "squares", "logistic")
    for name, through, scored in (
        ("b = 1", False, "generated"),
        ("b = 1", True, "all"),
        ("rbf", rule == "squares", "generated"),
    )
]


@pytest.mark.parametrize(("name", "rule", "through", "scored"), CASES)
def test_gradient_is_that_of_central_differences(name, rule, through, scored):
    """Without `through`: the gradient of neural-tangents' f with fixed weights and support."""
    settings = InfiniteSettings(
        rule=rule, through=through, scored=scored, time=3.0, **NETWORKS[name]
    )
    n = 5
    x, z = points(n), points(n, 1, 0.5)
    made, k = discriminator(settings), oracle(settings)
    followed = program(made)
    gradient = followed(x, z)[1]
    direction = jnp.asarray(np.random.default_rng(3).normal(size=z.shape))
    rows, y = jnp.concatenate([x, z]), jnp.asarray(labels(n, n, -1.0))
    c = {"ipm": lambda f: -f, "squares": jnp.square, "logistic": lambda f: jax.nn.softplus(-f)}
    w = weights(rule, k(rows, None), y, 3.0, 128)

    def value(h):
        moved = z + h * direction
        return followed(x, moved)[0] if through else c[rule](k(moved, rows) @ w).mean()

    def difference(h):
        return (value(h) - value(-h)) / (2 * h)

    expected = (4 * difference(1e-4) - difference(2e-4)) / 3
    # Its kernel of a row with itself (rho = 1) has an error of 1e-8, so the bound is looser.
    tolerance = 1e-7 if through or name == "rbf" else 1e-3
    np.testing.assert_allclose(jnp.vdot(gradient, direction), expected, rtol=tolerance, atol=1e-9)


@pytest.mark.parametrize("name", ["b = 1", "b = 0", "sigmoid", "rbf"])
def test_for_an_ipm_the_value_of_the_game_has_twice_the_gradient_of_the_scores(name):
    """t v'Kv, v = 1/n on real and -1/n on generated rows. By K's symmetry both halves are equal."""
    base = InfiniteSettings(rule="ipm", **NETWORKS[name])
    x, z = points(5), points(5, 1, 0.5)
    held, followed = (
        value_and_gradient(discriminator(base.model_copy(update=change)), x, z)[1]
        for change in ({"through": False}, {"through": True, "scored": "all"})
    )
    np.testing.assert_allclose(followed, 2 * held, rtol=1e-6, atol=1e-9)


def test_ga_ntk_is_a_member():
    """GA-NTK's own loss and gradient from K equal those of the member that the table names.

    lambda = 2t / n. GA-NTK's mean is over 2n rows; the member's means are over n rows of each kind.
    """
    n, time = 5, 4.0
    x, z = points(n), points(n, 1)
    member = discriminator(
        InfiniteSettings(
            rule="squares", through=True, scored="all", objective="non_saturating", time=time
        )
    )
    kernel = member.kernel
    loss_of = gram_loss(DiscriminatorSettings(objective="cross_entropy", diag_reg=0.0), n, n)

    def own(x, z):
        return 2 * loss_of(kernel.joint(kernel.fixed(x), z), 2 * time / n)

    theirs = jax.jit(jax.value_and_grad(own, argnums=1))(x, z)
    ours = value_and_gradient(member, x, z)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-12)
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-9, atol=1e-12)


def test_blocking_changes_no_frozen_gradient():
    settings = InfiniteSettings(rule="squares", convs=1, dense=1)
    x, z = (jnp.asarray(np.random.default_rng(i).random((5, 6, 6, 1))) for i in (0, 1))
    whole, tiles = (
        value_and_gradient(discriminator(settings, *blocking), x, z)[1]
        for blocking in ((8, 1), (2, 4))
    )
    np.testing.assert_allclose(tiles, whole, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("rule", ["ipm", "squares", "logistic"])
def test_finite_width_approaches_the_infinite_one_as_one_over_its_root(rule):
    settings, n, time, rate = InfiniteSettings(dense=1), 4, 0.5, 0.02
    x, z, new = points(n), points(n, 1, 1.0), points(3, 2)
    network, rows = architecture_of(settings), jnp.concatenate([points(n), points(n, 1, 1.0)])
    gram = jax.jit(discriminator(settings).kernel.gram)(jnp.concatenate([rows, new]))
    gram, cross = gram[: 2 * n, : 2 * n], gram[2 * n :, : 2 * n]
    limit = cross @ weights(rule, gram, jnp.asarray(labels(n, n, -1.0)), time)

    def error(width, seeds=12):
        def one(key):
            twins = (initial_layers(network, (2, width, 1), key, jnp.float64),) * 2
            trained = train_twins(network, rule, twins, x, z, rate, round(time / rate))
            return output(network, trained, new)

        keys = jax.random.split(jax.random.key(0, impl="threefry2x32"), seeds)
        found = jax.jit(jax.vmap(one))(keys)
        return math.sqrt(float(jnp.mean((found - limit) ** 2)))

    assert error(16) / error(144) == pytest.approx(3, rel=0.4)


def test_an_untrained_pair_is_zero():
    network = architecture_of(InfiniteSettings())
    twins = (initial_layers(network, (2, 16, 1), jax.random.key(0), jnp.float32),) * 2
    assert not output(network, twins, points(5)).any()
