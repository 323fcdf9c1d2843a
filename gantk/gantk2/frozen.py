"""Scores of a discriminator that is held fixed, and their gradient.

f(x_i) = sum_j w_j k(x_i, s_j) is differentiated only in the first argument of k. x_i is also one of
the s_j, and w depends on it, but both are held fixed. The derivative of the tiles of
`gantk.kernel.gram` gives this. For the pair of a row with itself it is half the derivative of
k(x, x), by symmetry.
"""

from functools import partial

import jax
import jax.numpy as jnp

from gantk.kernel.gram import Fixed, Kernel
from gantk.kernel.ntk import Features, block_vjp, features
from gantk.kernel.tiles import disassemble, pick, sharded, tile_pairs, tiled, untiled

Own = tuple[Features, jax.Array]
"""Features of the generated rows, and the diagonal of their kernel."""
Saved = tuple[Features, Own, jax.Array]
"""Features of the real rows, those of the generated ones, and w."""


def frozen_scores(
    kernel: Kernel, real: Fixed, generated: jax.Array, gram: jax.Array, w: jax.Array
) -> jax.Array:
    """f on the m generated rows, float64 [m]; differentiable in `generated`, with w and s fixed.

    gram: K of real rows then generated ones, [n + m, n + m]. w: float64 [n + m].
    """
    return _scores(kernel, real, features(kernel.architecture, generated), gram, w)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _scores(kernel: Kernel, real: Fixed, own: Own, gram: jax.Array, w: jax.Array) -> jax.Array:
    return gram[-len(own[1]) :].astype(w.dtype) @ w


def _forward(
    kernel: Kernel, real: Fixed, own: Own, gram: jax.Array, w: jax.Array
) -> tuple[jax.Array, Saved]:
    return _scores(kernel, real, own, gram, w), (real.features, own, w)


def _backward(kernel: Kernel, saved: Saved, g: jax.Array) -> tuple[None, Own, None, None]:
    fixed, (own, diagonal), w = saved
    m = len(diagonal)
    n = len(w) - m
    everything = jax.tree.map(lambda a, b: jnp.concatenate([a, b], axis=2), fixed, own)
    a, b = tiled(everything, n + m, kernel.tile), tiled(own, m, kernel.tile)
    pairs = tile_pairs(
        -(-(n + m) // kernel.tile), -(-m // kernel.tile), symmetric=False, devices=kernel.devices
    )
    outer = (w[:, None] * g[None, :]).astype(diagonal.dtype)
    g_diagonal = jnp.diagonal(outer[n:]) / 2
    outer = outer.at[n + jnp.arange(m), jnp.arange(m)].set(0)

    vjp = partial(block_vjp, kernel.architecture, kernel.averages)

    def share(a: Features, b: Features, pairs: jax.Array, cotangents: jax.Array) -> Features:
        def tile(total: Features, item: tuple[jax.Array, jax.Array]) -> tuple[Features, None]:
            pair, cotangent = item
            rows, columns = pick(a, pair[0]), pick(b, pair[1])
            _, change = vjp(rows, columns, cotangent, both=False)
            added: Features = jax.tree.map(lambda t, c: t.at[pair[1]].add(c), total, change)
            return added, None

        total, _ = jax.lax.scan(tile, jax.tree.map(jnp.zeros_like, b), (pairs[0], cotangents[0]))
        own: Features = jax.tree.map(lambda x: x[None], total)
        return own

    cotangents = disassemble(outer, pairs, kernel.tile)
    shares = sharded(kernel.devices, 2, 2, share)(a, b, jnp.asarray(pairs), cotangents)
    return None, (untiled(jax.tree.map(lambda x: x.sum(0), shares), m), g_diagonal), None, None


_scores.defvjp(_forward, _backward)
