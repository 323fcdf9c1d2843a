"""Two iterations of every GA-NTK method against the paper's equations, written anew in `by_hand`.

Networks are narrower than the paper's, whose widths test_networks.py has.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.descent import with_generator
from gantk.descent.autoencoder import Autoencoder
from gantk.descent.generators import Generator
from gantk.images import from_unit
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
    """The two keys of what an iteration draws."""
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
    """Eq. 4, 5 and 7, lambda of the released code."""
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
    """Eq. 6, and how its samples are drawn."""
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
