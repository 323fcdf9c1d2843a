"""Convolutions as matrix products against XLA's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.descent.layers import conv, deconv, double, draw_weights, layer_shapes

IMAGE = ("NHWC", "HWIO", "NHWC")


def xla_conv(weights, x, stride):
    w, strides = weights["layer/weight"], (stride, stride)
    return jax.lax.conv_general_dilated(x, w, strides, "SAME", dimension_numbers=IMAGE)


def xla_deconv(weights, x, stride):
    w, strides = weights["layer/weight"], (stride, stride)
    return jax.lax.conv_transpose(x, w, strides, "SAME", dimension_numbers=IMAGE)


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize(
    ("ours", "theirs", "size", "stride"),
    [
        *((conv, xla_conv, *case) for case in ((4, 2), (3, 2), (3, 1))),
        *((deconv, xla_deconv, *case) for case in ((4, 2), (3, 2), (3, 1))),
        (lambda weights, name, x, _: double(weights, name, x), xla_deconv, 4, 2),
    ],
)
def test_values_and_derivatives_are_those_of_xla(ours, theirs, size, stride, side):
    rng = np.random.default_rng(0)
    shapes = {"layer/weight": (size, size, 3, 5), "layer/bias": (5,), "x": (2, side, side + 2, 3)}
    arrays = {k: jnp.asarray(rng.normal(size=s)) for k, s in shapes.items()}
    x = arrays.pop("x")
    expected, back = jax.vjp(lambda w, x: theirs(w, x, stride) + w["layer/bias"], arrays, x)
    got, own_back = jax.vjp(lambda w, x: ours(w, "layer", x, stride), arrays, x)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
    cotangent = jnp.asarray(rng.normal(size=got.shape))
    for mine, other in zip(
        *map(jax.tree.leaves, (own_back(cotangent), back(cotangent))), strict=True
    ):
        np.testing.assert_allclose(mine, other, rtol=1e-12, atol=1e-12)
    narrow = jax.tree.map(lambda array: array.astype(jnp.float32), arrays)
    assert ours(narrow, "layer", x.astype(jnp.float32), stride).dtype == jnp.float32


def test_weights_are_drawn_with_a_variance_of_the_gain_over_the_fan_in():
    shapes = layer_shapes("a", 4, 4, 8, 500)
    weights = draw_weights(np.random.default_rng(0), shapes, 2.0)
    drawn = np.asarray(weights["a/weight"])
    assert drawn.var() == pytest.approx(2 / (4 * 4 * 8), rel=0.02)
    assert abs(drawn.mean()) < 4 * drawn.std() / np.sqrt(drawn.size)
    assert not np.asarray(weights["a/bias"]).any()
