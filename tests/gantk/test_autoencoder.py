"""The autoencoder of Table 7: its layers, its loss and its training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from skimage.metrics import structural_similarity as oracle

from gantk.descent.autoencoder import (
    Autoencoder,
    make_autoencoder,
    structural_similarity,
    train_autoencoder,
)
from gantk.keys import named_key
from suite.protocol.seeds import stream
from suite.running.checkpoint import Checkpoint
from tests.gantk import by_hand

# 14 is no multiple of 4: 14, 7, 4, then back to 16, of which 14 are kept.
SMALL = Autoencoder((14, 14, 1), (2, 3), 1, 5)


def images(n):
    return jnp.asarray(np.random.default_rng(1).random((n, 14, 14, 1)), jnp.float32)


def test_structural_similarity_is_that_of_scikit_image():
    rng = np.random.default_rng(0)
    a = rng.random((2, 20, 28, 1))
    b = np.clip(a + rng.normal(0, 0.1, a.shape), 0, 1)
    options = {"gaussian_weights": True, "use_sample_covariance": False, "data_range": 1.0}
    expected = np.mean([oracle(x[..., 0], y[..., 0], **options) for x, y in zip(a, b, strict=True)])
    np.testing.assert_allclose(structural_similarity(jnp.asarray(a), jnp.asarray(b)), expected)


@pytest.mark.parametrize(
    ("shape", "widths", "repeats", "code"),
    [
        ((28, 28, 1), (16, 32, 64), 0, 128),
        ((32, 32, 3), (32, 64, 128), 0, 1024),
        ((64, 64, 3), (32, 64, 128), 3, 2048),
        ((256, 256, 3), (64, 128, 256, 512), 3, 2048),
    ],
)
def test_layers_are_those_of_table_7(shape, widths, repeats, code):
    assert make_autoencoder(shape) == Autoencoder(shape, widths, repeats, code)


def test_codes_and_images_are_those_of_table_7_written_anew():
    weights = SMALL.initial(np.random.default_rng(0))
    assert {array.shape for name, array in weights.items() if "coder" in name} >= {
        (3, 3, 1, 2),
        (3, 3, 2, 2),
        (3, 3, 2, 3),
        (3, 3, 3, 3),
        (3, 3, 3, 2),
    }

    @jax.jit
    def both(weights, images):
        codes, expected = SMALL.encode(weights, images), by_hand.encoded(weights, images)
        back = SMALL.decode(weights, codes)
        return codes, expected, back, by_hand.decoded(weights, codes, 14, (4, 4, 3))

    codes, expected, back, anew = map(np.asarray, both(weights, images(3)))
    np.testing.assert_allclose(codes, expected, rtol=1e-3, atol=1e-5)
    assert back.shape == (3, 14, 14, 1) and back.std() > 0.02
    np.testing.assert_allclose(back, anew, rtol=1e-3, atol=1e-5)


def test_weights_keep_the_scale_as_selu_wants():
    model = Autoencoder((16, 16, 8), (64,), 0, 64)
    weight = model.initial(np.random.default_rng(0))["code/weight"]
    assert weight.shape == (8 * 8 * 64, 64)
    assert weight.var() * len(weight) == pytest.approx(1, rel=0.02)


def test_first_step_of_the_training_is_adams_for_one_less_ssim_plus_the_mean_difference():
    model, seed, rows = Autoencoder((14, 14, 1), (2,), 0, 5), 5, images(7)
    start = model.initial(stream("autoencoder", seed))
    key = jax.random.fold_in(named_key("autoencoder-batches", seed), 0)
    batch = rows[jax.random.randint(key, (7,), 0, 7)]

    def loss(weights):
        codes = by_hand.encoded(weights, batch, stages=1, repeats=0)
        back = by_hand.decoded(weights, codes, 14, (7, 7, 2), stages=1, repeats=0)
        return 1 - structural_similarity(back, batch) + abs(back - batch).mean()

    trained = train_autoencoder(model, np.asarray(rows), 1, seed, Checkpoint(None))
    for name, gradient in jax.device_get(jax.jit(jax.grad(loss))(start)).items():
        change = np.asarray(trained[name]) - np.asarray(start[name])
        sure = abs(gradient) > 1e-5
        # Adam's first step is its rate times the sign of the gradient.
        np.testing.assert_allclose(change[sure], -1e-3 * np.sign(gradient[sure]), rtol=0.02)
        assert sure.any()
