"""The theory of the kernel and of the descent, on small cases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from datasets.draw import draw
from gantk.dynamics.closed_form import labels
from gantk.dynamics.exponential import residual
from gantk.kernel.activation import ACTIVATIONS
from gantk.kernel.architecture import Architecture
from gantk.kernel.gram import Kernel
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.protocol.source import SOURCES
from suite.running.checkpoint import Checkpoint

ENTRIES = METHODS["gantk"].entries


def run(name, rows, **settings):
    resolved = parse(ENTRIES[name].settings, settings, name)
    return ENTRIES[name].train(Job(rows, resolved, 0, 0, len(rows.data), Checkpoint(None)))


def mnist(n):
    source = SOURCES.lookup("mnist")
    return draw(source, source.settings(), "train", n, 0)


def rows_of(data):
    return Subset(data, np.zeros(len(data), np.int64), np.arange(len(data)), "rows", "train", 0)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dual_activation_is_a_gaussian_expectation(name):
    """kappa_1 and kappa_0 compared with two-dimensional quadrature of the activation itself."""
    activation = ACTIVATIONS[name]()
    v, u, c = 0.7, 1.9, 0.6
    # Polar coordinates: the rule for angles is exact for smooth activations and resolves kinks.
    angles = 2 * np.pi * (np.arange(20_000) + 0.5) / 20_000
    halves, weights = np.polynomial.laguerre.laggauss(80)
    first = np.sqrt(v) * np.sqrt(2 * halves)[:, None] * np.cos(angles)
    second = c / v * first
    second = second + np.sqrt(u - c * c / v) * np.sqrt(2 * halves)[:, None] * np.sin(angles)

    def mean(function):
        values = function(jnp.asarray(first)) * function(jnp.asarray(second))
        return weights @ np.asarray(values).mean(1)

    slope = jax.jit(jax.vmap(jax.vmap(jax.grad(activation.phi))))
    p, q = activation.scale(jnp.float64(v)), activation.scale(jnp.float64(u))
    kappa_1, kappa_0 = activation.pair(activation.gain * c / (p * q), p * q, p, q)
    np.testing.assert_allclose(kappa_1, mean(activation.phi), rtol=1e-6)
    np.testing.assert_allclose(kappa_0, mean(slope), rtol=1e-4)


def finite_kernel(phi, width, key, x, w2, b2):
    """NTK of one random network with one hidden layer, from its definition."""
    keys = jax.random.split(key, 4)
    weights = {
        "w1": jax.random.normal(keys[0], (x.shape[1], width)),
        "b1": jax.random.normal(keys[1], (width,)),
        "w2": jax.random.normal(keys[2], (width,)),
        "b2": jax.random.normal(keys[3], ()),
    }

    def output(weights, row):
        hidden = row @ weights["w1"] * jnp.sqrt(w2 / len(row)) + jnp.sqrt(b2) * weights["b1"]
        top = phi(hidden) @ weights["w2"] * jnp.sqrt(w2 / width)
        return top + jnp.sqrt(b2) * weights["b2"]

    jacobian = jax.vmap(jax.grad(output), (None, 0))(weights, x)
    return sum(
        jnp.einsum("ik,jk->ij", g.reshape(len(x), -1), g.reshape(len(x), -1))
        for g in jacobian.values()
    )


@pytest.mark.parametrize(("dtype", "error"), [("float32", 2e-7), ("float64", 4e-16)])
def test_relu_is_accurate_from_coinciding_to_opposite_rows(dtype, error):
    """kappa_0 = (pi - arccos rho) / 2 pi, with arccos rho = 2 atan2(|u - u'|, |u + u'|)."""
    below = np.geomspace(1e-16, 1, 200)
    rho = np.concatenate([1 - below, below - 1, np.linspace(-1, 1, 201)]).astype(dtype)
    exact = rho.astype(np.float64)
    angle = 2 * np.arctan2(np.sqrt(1 - exact), np.sqrt(1 + exact))
    kappa_0 = (np.pi - angle) / (2 * np.pi)
    kappa_1 = np.sqrt((1 - exact) * (1 + exact)) / (2 * np.pi) + exact * kappa_0
    found = ACTIVATIONS["relu"]().pair(jnp.asarray(rho), *[jnp.ones_like(rho)] * 3)
    np.testing.assert_allclose(found[0], kappa_1, rtol=0, atol=error)
    np.testing.assert_allclose(found[1], kappa_0, rtol=0, atol=error)


@pytest.mark.parametrize("name", ["relu", "gelu"])
def test_finite_networks_approach_the_kernel_as_one_over_the_root_of_the_width(name):
    x, phi = jnp.asarray(np.random.default_rng(0).random((4, 5))), ACTIVATIONS[name]().phi
    architecture = Architecture(0, 1, name, 1.4615, 0.1)
    limit = Kernel(architecture, tile=4, devices=1).gram(x)
    errors = []
    for width in (64, 1024):
        keys = jax.random.split(jax.random.key(0, impl="threefry2x32"), 64)
        finite = jax.vmap(
            lambda key, width=width: finite_kernel(
                phi, width, key, x, architecture.sigma_w2, architecture.sigma_b2
            )
        )(keys)
        errors.append(float(jnp.sqrt(jnp.mean((finite - limit) ** 2))))
        bias = jnp.abs(finite.mean(0) - limit).max()
        assert bias < 4 * errors[-1] / np.sqrt(64)
    # 16 times the width: a quarter of the error, up to the noise of 64 draws.
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.2)


def test_running_minimum_of_the_gradient_falls_at_least_like_one_over_s():
    """Theorem 3.1 on MNIST digits. Like its proof: erf (ReLU's kernel has kinks), no clipping."""
    history = run(
        "ga-fntk",
        mnist(16),
        iterations=600,
        clip=False,
        objective="half_square",
        activation="erf",
        precision="float64",
        step=20.0,
        lam=1.0,
    ).history
    squares = np.minimum.accumulate([row["gradient_norm"] ** 2 for row in history])
    s = np.arange(1, len(squares) + 1)
    late = s >= 30
    slope = np.polyfit(np.log(s[late]), np.log(squares[late]), 1)[0]
    assert slope < -1


def test_losses_fall_and_images_approach_the_real_ones():
    rows = mnist(16)
    result = run("ga-cntk", rows, iterations=150, optimiser="adam", step=0.02)
    losses = [row["loss"] for row in result.history]
    assert losses[-1] < losses[0] - 0.05

    def distance(images):
        gaps = images.astype(float)[:, None] - rows.data.astype(float)[None]
        return np.sqrt((gaps**2).mean((2, 3, 4))).min(1).mean()

    assert distance(result.samples) < 0.5 * distance(result.trajectory.data[0])


def test_real_rows_are_a_fixed_point():
    """Z = X: the discriminator cannot learn which rows are real, for any training time."""
    x = jnp.asarray(mnist(5).data / 255)
    kernel = Kernel(Architecture(2, 1, "relu", 1.4615, 0.1), tile=4, devices=1)
    gram = jax.jit(kernel.joint)(jax.jit(kernel.fixed)(x), x)
    rest = residual(gram, jnp.float64(5.0), jnp.asarray(labels(5, 5, -1.0)))
    np.testing.assert_allclose(rest, labels(5, 5, -1.0), atol=1e-6)


def test_batches_of_one_tend_to_the_mean_image():
    """GA-NTK paper, section 9.2 and Fig. 7.

    The rows start as noise of mean 127, and copies would differ from the mean by 40. With b = 1 the
    kernel has two rows, so a lambda for many rows would saturate the discriminator.
    """
    data = np.repeat(np.array([20, 100], np.uint8), 4)[:, None, None, None]
    rows = rows_of(np.broadcast_to(data, (8, 8, 8, 1)).copy())
    settings = {"batch": 1, "lam": 20.0, "iterations": 2000, "optimiser": "adam", "step": 0.003}
    samples = run("ga-cntk-batch", rows, **settings).samples.astype(float)
    assert np.abs(samples - 60).mean() < 20


@pytest.mark.parametrize("case", ["one row", "duplicates", "constant"])
def test_degenerate_rows_end_in_finite_images(case):
    data = {
        "one row": mnist(1).data,
        "duplicates": np.repeat(mnist(2).data, 2, axis=0),
        "constant": np.repeat(np.array([0, 255], np.uint8), 28 * 28).reshape(2, 28, 28, 1),
    }[case]
    result = run("ga-cntk", rows_of(data), iterations=10)
    assert result.stop_reason == "budget"
    assert all(np.isfinite(row["loss"]) for row in result.history)
