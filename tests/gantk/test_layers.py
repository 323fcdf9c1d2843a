"""The generator's transposed convolution against XLA's own."""

import jax
import jax.numpy as jnp
import numpy as np

from gantk.layers import deconv, double


def test_double_is_the_transposed_convolution():
    rng = np.random.default_rng(0)
    shapes = {"layer/weight": (4, 4, 3, 5), "layer/bias": (5,), "x": (2, 7, 9, 3)}
    arrays = {k: jnp.asarray(rng.normal(size=s), jnp.float32) for k, s in shapes.items()}
    x = arrays.pop("x")
    expected, back = jax.vjp(lambda w, x: deconv(w, "layer", x, 2), arrays, x)
    got, own_back = jax.vjp(lambda w, x: double(w, "layer", x), arrays, x)
    assert got.dtype == jnp.float32
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    cotangent = jnp.asarray(rng.normal(size=got.shape), jnp.float32)
    pairs = zip(*(jax.tree.leaves(b(cotangent)) for b in (own_back, back)), strict=True)
    for mine, theirs in pairs:
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)
