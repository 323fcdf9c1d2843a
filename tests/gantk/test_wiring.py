"""Two iterations of every GA-NTK method compared with the paper's equations in `by_hand`.

Networks are narrower than the paper's; test_networks.py tests the paper's widths.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.descent import with_generator
from gantk.descent.autoencoder import Autoencoder
from gantk.descent.generators import Generator
from gantk.gantk2.finite import initial_layers
from gantk.images import from_unit
from gantk.kernel.architecture import Architecture
from gantk.keys import named_key
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.seeds import integer_seed, stream
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint
from tests.gantk import by_hand

ENTRIES = METHODS["gantk"].entries
SEED, PART = 3, 2
SIGMOID = Generator(6, (5, 2 * 2 * 3), (2, 2, 3), (4, 1), 3, "sigmoid")
TANH = Generator(6, (3,), (1, 1, 3), (5, 4, 3), 2, "tanh")
CODES = Generator(6, (7, 8, 5), (1, 1, 5), (), 2, "tanh")
AUTOENCODER = Autoencoder((14, 14, 1), (2, 3), 1, 5)


def solved(name, data, **settings):
    rows = Subset(data, np.zeros(len(data), np.int64), np.arange(len(data)), "noise", "train", 0)
    given = {"iterations": 2, "snapshots": 1, "precision": "float64", **settings}
    resolved = parse(ENTRIES[name].settings, given, name)
    return ENTRIES[name].train(Job(rows, resolved, SEED, PART, 9, Checkpoint(None)))


def pixels(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def drawn(iteration):
    """The two random keys of an iteration."""
    return jax.random.split(jax.random.fold_in(named_key("batches", SEED, PART), iteration))


@pytest.mark.parametrize(
    ("name", "settings", "step", "seen", "rows"),
    [
        ("ga-fntk", {}, 1e7, [((0, 2), 1)], (5, 5)),
        ("ga-cntk", {}, 1e5, [((1, 0), 1)], (5, 5)),
        ("ga-cntk-batch", {"batch": 3}, 1e7, [((1, 0), 1)], (3, 3)),
        ("ga-cntk-batch", {"batch": 3, "generated": "all"}, 1e5, [((1, 0), 1)], (3, 5)),
        (
            "ga-cntk-multires",
            {"batch": 4, "levels": [8, 4]},
            1e5,
            [((1, 0), 1), ((1, 0), 2)],
            (4, 4),
        ),
    ],
)
def test_rows_move_down_the_gradient_of_the_discriminators(name, settings, step, seen, rows):
    """Eq. 4, 5 and 7, with the lambda of the released code."""
    data = pixels(5, 8, 8, 1)
    result, real = solved(name, data, step=step, **settings), jnp.asarray(data / 255)
    lam = 0.01 * 65536 * 2 / (2 * sum(rows))
    moved = jnp.asarray(stream("initial-rows", SEED, PART).random((5, 8, 8, 1)))
    kernels = [(by_hand.kernel(*network), factor) for network, factor in seen]

    @jax.jit
    @jax.value_and_grad
    def loss(moved, first, second):
        return sum(
            by_hand.cross_entropy(
                k, by_hand.pooled(real[first], f), by_hand.pooled(moved[second], f), lam, 1e-5
            )
            for k, f in kernels
        )

    for iteration in range(2):
        first, second = (
            jax.random.permutation(key, 5)[:count]
            for key, count in zip(drawn(iteration), rows, strict=True)
        )
        value, gradient = loss(moved, first, second)
        recorded = result.history[iteration]
        assert recorded["loss"] == pytest.approx(float(value), rel=1e-9)
        norm = float(jnp.sqrt((gradient**2).sum()))
        assert recorded["gradient_norm"] == pytest.approx(norm, rel=1e-6)
        change = step * gradient
        assert abs(change).max() > 0.1
        moved = jnp.clip(moved - change, 0, 1)
    assert ((moved == 0) | (moved == 1)).any()
    np.testing.assert_array_equal(result.samples, from_unit(moved))


def test_points_are_not_clipped():
    points = np.random.default_rng(0).normal(0, 3, (5, 2)).astype(np.float32)
    moved = solved("ga-fntk", points, step=100.0, lam=0.1).samples
    assert (moved < 0).any() or (moved > 1).any()


@pytest.mark.parametrize(
    ("shape", "settings", "network", "black", "generator", "by_hands"),
    [
        ((8, 8, 1), {}, (1, 0), 0, SIGMOID, by_hand.sigmoid_images),
        ((8, 8, 3), {}, (1, 0), -1, TANH, by_hand.tanh_images),
        (
            (14, 14, 1),
            {"space": "code", "autoencoder_iterations": 30},
            (0, 2),
            0,
            CODES,
            by_hand.codes,
        ),
    ],
)
def test_generator_moves_down_the_gradient_of_the_discriminator(
    shape, settings, network, black, generator, by_hands, monkeypatch
):
    """Eq. 6, and the drawing of its samples."""
    networks = (generator, AUTOENCODER if settings else None)
    monkeypatch.setattr(with_generator, "_networks", lambda *_: networks)
    code_weights = AUTOENCODER.initial(np.random.default_rng(1))
    trained = []

    def train(model, images, iterations, seed, checkpoint):
        trained.append((model, images, iterations, seed))
        return code_weights

    monkeypatch.setattr(with_generator, "train_autoencoder", train)
    given = {"batch": 4, "latent": 6, "optimiser": "gradient-descent", "step": 0.5}
    data = pixels(5, *shape)
    result = solved("ga-cntkg", data, clip_norm=None, **given, **settings)
    real = jnp.asarray(data / 255)
    if settings:
        model, images, iterations, seed = trained[0]
        assert (model, iterations, seed) == (AUTOENCODER, 30, SEED)
        np.testing.assert_array_equal(images, np.float32(real))
        real = jax.jit(by_hand.encoded)(code_weights, jnp.float32(real))
    else:
        real = real * (1 - black) + black
    k = by_hand.kernel(*network)

    @jax.jit
    @jax.value_and_grad
    def loss(weights, chosen, z):
        made = by_hands(weights, z).astype(jnp.float64)
        return by_hand.cross_entropy(k, real[chosen], made, 0.01 * 65536 * 2 / 16, 1e-4)

    start = generator.initial(stream("generator", SEED, PART))
    weights = jax.device_get(start)
    for iteration in range(2):
        rows_key, noise_key = drawn(iteration)
        chosen = jax.random.permutation(rows_key, 5)[:4]
        z = jax.random.normal(noise_key, (4, 6), jnp.float32)
        value, gradient = jax.device_get(loss(weights, chosen, z))
        norm = np.sqrt(sum(float((g**2).sum()) for g in gradient.values()))
        recorded = result.history[iteration]
        assert recorded["loss"] == pytest.approx(float(value), rel=1e-5)
        assert recorded["gradient_norm"] == pytest.approx(norm, rel=1e-3)
        weights = {name: weights[name] - np.float32(0.5) * gradient[name] for name in weights}

    model = result.model
    for name, array in weights.items():
        np.testing.assert_allclose(model[name], array, rtol=1e-3, atol=1e-5)
    assert (model["dense0/weight"] != start["dense0/weight"]).any()
    calibration = stream("calibration", SEED).normal(size=(256, 6)).astype(np.float32)
    hidden = calibration @ model["dense0/weight"] + model["dense0/bias"]
    np.testing.assert_allclose(model["norm0/mean"], hidden.mean(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model["norm0/variance"], hidden.var(0), rtol=1e-4)

    @jax.jit
    def images(model, z):
        made = by_hands(model, z, stored=True)
        if settings:
            return by_hand.decoded(model, made, 14, (4, 4, 3))
        return (made - black) / (1 - black)

    z = stream("samples", integer_seed("draw", SEED, PART)).normal(size=(9, 6))
    made = np.asarray(images(model, np.float32(z)))
    assert made.shape == (9, *shape) and made.std() > 0.02
    assert abs(np.int64(result.samples) - np.int64(from_unit(made))).max() <= 1


def moved_by(loss, rows, step, clip=True):
    """Rows after a step, the loss before it and the norm of its gradient."""
    value, gradient = jax.jit(jax.value_and_grad(loss))(rows)
    after = rows - step * gradient
    norm = float(jnp.sqrt((gradient**2).sum()))
    return jnp.clip(after, -1, 1) if clip else after, float(value), norm


def radial(x, y):
    """exp(-|x - y|^2 / 2d) of all pairs of rows."""
    x, y = x.reshape(len(x), -1), y.reshape(len(y), -1)
    return jnp.exp(-((x[:, None] - y[None]) ** 2).sum(2) / (2 * x.shape[1]))


@pytest.mark.parametrize("clip", [True, False])
def test_images_move_along_a_held_radial_discriminator(clip):
    """ipm: w = t y / n, c(f) = -f. The kernel divides by the number of pixels, 16."""
    data, step, time = pixels(5, 4, 4, 1), 40.0, 2.0
    result = solved("gantk2", data, kernel="rbf", step=step, time=time, clip=clip)
    real = jnp.asarray(data / 255 * 2 - 1)
    rows = jnp.asarray(stream("flow", SEED, PART).standard_normal(data.shape))
    w = time / 5 * jnp.where(jnp.arange(10) < 5, 1.0, -1.0)
    for recorded in result.history:
        support = jnp.concatenate([real, rows])
        rows, value, norm = moved_by(
            lambda z, s=support: -(radial(z, s) @ w).mean(), rows, step, clip
        )
        assert recorded["loss"] == pytest.approx(value, rel=1e-9)
        assert recorded["gradient_norm"] == pytest.approx(norm, rel=1e-6)
    assert (abs(rows) >= 1).any()
    np.testing.assert_array_equal(result.samples, from_unit((np.asarray(rows) + 1) / 2))


@pytest.mark.parametrize("reset", [True, False])
def test_images_move_along_networks_of_finite_width(reset):
    """squares: training steps on E (f + 1)^2 + E (f - 1)^2, then one step of the rows on E f^2."""
    data, step, rate = pixels(5, 4, 4, 1), 20.0, 0.1
    given = {"rule": "squares", "dense": 1, "width": 6, "time": 0.3, "learning_rate": rate}
    result = solved("gantk2-finite", data, step=step, reset=reset, clip=True, **given)
    real = jnp.asarray(data / 255 * 2 - 1)
    rows = jnp.asarray(stream("flow", SEED, PART).standard_normal(data.shape))

    def f(twins, x):
        x = x.reshape(len(x), -1)
        first, second = (
            jnp.maximum(x @ layers[0][0] / 4 + layers[0][1], 0) @ layers[1][0] / np.sqrt(6)
            for layers in twins
        )
        return (first - second)[:, 0] / np.sqrt(2)

    @jax.jit
    def trained(twins, rows):
        for _ in range(3):
            change = jax.grad(
                lambda t: ((f(t, rows) + 1) ** 2).mean() + ((f(t, real) - 1) ** 2).mean()
            )(twins)
            twins = jax.tree.map(lambda x, g: x - rate * g, twins, change)
        return twins

    def fresh(iteration):
        own = jax.random.fold_in(named_key("discriminator", SEED, PART), iteration)
        layers = initial_layers(
            Architecture(0, 1, "relu", 1.0, 1.0, False), (16, 6, 1), own, jnp.float64
        )
        return layers, layers

    twins = trained(fresh(0), rows)
    for iteration, recorded in enumerate(result.history):
        if reset:
            twins = trained(fresh(iteration), rows)
        rows, value, norm = moved_by(lambda z, t=twins: (f(t, z) ** 2).mean(), rows, step)
        assert recorded["loss"] == pytest.approx(value, rel=1e-9)
        if reset:
            assert recorded["gradient_norm"] == pytest.approx(norm, rel=1e-6)
        twins = trained(twins, rows)
    np.testing.assert_array_equal(result.samples, from_unit((np.asarray(rows) + 1) / 2))


def test_a_generator_moves_along_a_held_radial_discriminator():
    """Three hidden layers of ReLU in NTK parametrisation, sigma_w^2 = 2 and sigma_b^2 = 0.1."""
    points, step = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32), 0.5
    given = {"kernel": "rbf", "latent": 3, "width": 4, "step": step}
    result = solved("gantk2-generator", points, **given)
    weights = initial_layers(
        Architecture(0, 3, "relu", 2.0, 0.1),
        (3, 4, 2),
        named_key("generator", SEED, PART),
        "float32",
    )
    w = jnp.where(jnp.arange(10) < 5, 1.0, -1.0) / 5

    def made(layers, z):
        for i, (weights, bias) in enumerate(layers):
            z = z @ weights * np.sqrt(2 / len(weights)) + np.sqrt(0.1) * bias
            z = jnp.maximum(z, 0) if i < 3 else z
        return z

    for iteration, recorded in enumerate(result.history):
        own = jax.random.fold_in(named_key("flow-generator", SEED, PART), iteration)
        z = jax.random.normal(own, (5, 3), jnp.float32)
        support = jnp.concatenate([jnp.asarray(points), made(weights, z)])
        value, gradient = jax.value_and_grad(
            lambda layers, z=z, s=support: -(radial(made(layers, z), s) @ w).mean()
        )(weights)
        assert recorded["loss"] == pytest.approx(float(value), rel=1e-4)
        weights = jax.tree.map(lambda x, g: x - step * g, weights, gradient)
    for i, layer in enumerate(weights):
        np.testing.assert_allclose(result.model[f"weights{i}"], layer[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(result.model[f"bias{i}"], layer[1], rtol=1e-4, atol=1e-5)
    seed = integer_seed("draw", SEED, PART)
    z = stream("flow-samples", seed).standard_normal((9, 3)).astype(np.float32)
    np.testing.assert_allclose(result.samples, made(weights, z), rtol=1e-3, atol=1e-5)
    z = stream("flow-shown", SEED, PART).standard_normal((5, 3)).astype(np.float32)
    np.testing.assert_allclose(result.trajectory.data[-1], made(weights, z), rtol=1e-3, atol=1e-5)
