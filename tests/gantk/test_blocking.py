"""The two blockings have the same kernel and loss, for every network and for degenerate rows."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.blocking import BLOCKINGS, blocking_on
from gantk.dynamics.discriminator import gram_loss
from gantk.kernel import blocking_whole
from gantk.kernel.architecture import Architecture
from gantk.kernel.gram import Kernel
from gantk.kernel.ntk import block, block_vjp, features
from gantk.settings import DiscriminatorSettings

NETWORKS = {
    "convolutions, then dense": (Architecture(2, 1, "relu", 1.4615, 0.1), (8, 8, 1)),
    "odd sides": (Architecture(3, 0, "relu", 1.4615, 0.1), (14, 11, 2)),
    "erf": (Architecture(2, 1, "erf", 2.5, 0.1), (10, 10, 1)),
    "sine": (Architecture(2, 1, "sine", 2.5, 0.1), (10, 10, 1)),
    "points": (Architecture(0, 2, "relu", 1.4615, 0.1), (2,)),
}
TOLERANCES = {"float32": 1e-6, "float64": 1e-12}


def degenerate_rows(shape):
    """Real and generated rows: random, identical, copied, zero and constant.

    The third result marks the pairs that coincide.
    """
    x, z = np.random.default_rng(0).random((2, 6, *shape))
    x[1], x[2], x[3] = x[0], 0, 1
    z[1], z[2], z[3], z[4] = z[0], x[0], 0, 0.5
    coincide = np.zeros((6, 6), bool)
    coincide[[0, 1, 2], [2, 2, 3]] = True
    return x, z, coincide


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_and_their_derivatives_are_equal(name, dtype):
    """Equal up to rounding. If rows coincide, ReLU's kink takes the square root of the rounding."""
    architecture, shape = NETWORKS[name]
    x, z, coincide = degenerate_rows(shape)
    g = np.random.default_rng(1).normal(size=(6, 6))
    cotangents = [jnp.asarray(np.where(coincide == at, g, 0), dtype) for at in (False, True)]

    @jax.jit
    def both(x, z, g):
        (a, back_a), (b, back_b) = (
            jax.vjp(lambda r: features(architecture, r)[0], r) for r in (x, z)
        )
        found = []
        for strategy in BLOCKINGS.values():
            of_a, of_b = block_vjp(architecture, strategy.averages, a, b, g, both=True)
            value, _ = block(architecture, strategy.averages, a, b)
            found.append((value, back_a(of_a)[0], back_b(of_b)[0]))
        return found

    apart, together = (both(jnp.asarray(x, dtype), jnp.asarray(z, dtype), g) for g in cotangents)
    tolerance = TOLERANCES[dtype]
    (rows, *of_rows), (whole, *of_whole) = apart
    np.testing.assert_allclose(whole[~coincide], rows[~coincide], rtol=tolerance)
    for one, other in zip(of_rows, of_whole, strict=True):
        np.testing.assert_allclose(other, one, rtol=0, atol=tolerance * float(jnp.abs(one).max()))
    np.testing.assert_allclose(whole, rows, rtol=tolerance**0.5)
    for one, other in zip(*(gradients for _, *gradients in together), strict=True):
        assert np.isfinite(one).all() and np.isfinite(other).all()
        np.testing.assert_allclose(
            other, one, rtol=0, atol=10 * tolerance**0.5 * float(jnp.abs(of_rows[0]).max())
        )


def test_losses_and_their_gradients_are_equal():
    architecture, shape = NETWORKS["convolutions, then dense"]
    x, z = (jnp.asarray(rows) for rows in np.random.default_rng(0).random((2, 6, *shape)))

    def step(blocking, tile, devices):
        kernel = Kernel(architecture, tile, devices, blocking)
        loss_of = gram_loss(DiscriminatorSettings(blocking=blocking), 6, 6)
        of_rows = jax.value_and_grad(lambda z: loss_of(kernel.joint(kernel.fixed(x), z), 3.0))
        return jax.jit(of_rows)(z)

    value, gradient = step("rows", 4, 2)
    other, other_gradient = step("whole", 6, 1)
    np.testing.assert_allclose(other, value, rtol=1e-12)
    atol = 1e-12 * float(jnp.abs(gradient).max())
    np.testing.assert_allclose(other_gradient, gradient, rtol=0, atol=atol)


class Device:
    """A device for which JAX reports its memory, or nothing."""

    platform = "gpu"

    def __init__(self, memory):
        self.memory = memory

    def memory_stats(self):
        return None if self.memory is None else {"bytes_limit": self.memory}


@pytest.mark.parametrize("rows", [1, 7, 64, 1000])
@pytest.mark.parametrize("memory", [None, 2**24, 2**36])
@pytest.mark.parametrize("count", [1, 3])
def test_a_whole_tile_is_the_largest_that_fits(rows, memory, count):
    architecture, devices = NETWORKS["convolutions, then dense"][0], [Device(memory)] * count
    tile = blocking_whole.tile(architecture, 28, rows, devices)
    room = (blocking_whole.CPU_MEMORY if memory is None else memory * blocking_whole.SHARE) / (
        blocking_whole.BYTES * 14 * 14
    )
    parts = math.ceil(rows / tile)
    assert tile**2 <= max(room, 1)
    assert parts >= min(count, rows)
    larger = math.ceil(rows / (parts - 1)) if parts > 1 else math.inf
    assert larger**2 > room or parts <= count


def test_auto_goes_by_the_device(monkeypatch):
    assert blocking_on("auto") == "rows"
    assert blocking_on("whole") == "whole"
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert blocking_on("auto") == "whole"
    assert blocking_on("rows") == "rows"
