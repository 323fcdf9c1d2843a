"""Gram matrices in tiles: memory for one tile at a time, work split over all devices.

The derivative recomputes each tile, so that memory is O(tile^2 H W) instead of O(n^2 H W). Real
rows never change: their features and their own block are computed once. Of the joint matrix
there remain the tiles of real against generated rows, whose derivative is needed on one side
only, and one triangle of the generated rows' own.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gantk.architecture import Architecture
from gantk.blocking import BLOCKINGS, blocking_on
from gantk.ntk import Averages, Features, block, block_vjp, features
from gantk.tiles import assemble, disassemble, pick, sharded, tile_pairs, tiled, untiled


class Fixed(NamedTuple):
    """Rows that never change: their features and their own Gram matrix, [n, n]."""

    features: Features
    gram: jax.Array

    def take(self, chosen: jax.Array) -> "Fixed":
        """The rows at the given positions."""
        features = jax.tree.map(lambda x: jnp.take(x, chosen, axis=2), self.features)
        return Fixed(features, self.gram[chosen][:, chosen])


@dataclass(frozen=True)
class Kernel:
    """A kernel with its blocking.

    architecture: the network.
    tile: rows and columns of a tile; any value gives the same numbers up to rounding.
    devices: how many JAX devices share the tiles.
    blocking: a name in `BLOCKINGS`.
    """

    architecture: Architecture
    tile: int
    devices: int
    blocking: str = "rows"

    @staticmethod
    def on_all_devices(
        architecture: Architecture, side: int, rows: int, blocking: str = "auto"
    ) -> "Kernel":
        """The kernel on every JAX device, with the tile that suits them and the rows.

        blocking: as in the settings.
        """
        devices = jax.devices()
        name = blocking_on(blocking)
        tile = BLOCKINGS[name].tile(architecture, side, rows, devices)
        return Kernel(architecture, tile, len(devices), name)

    @property
    def averages(self) -> Averages:
        """How a tile goes through the positions of its images."""
        return BLOCKINGS[self.blocking].averages

    @property
    def record(self) -> dict[str, Any]:
        """How the work is cut, for provenance: sums are rounded in an order that depends on it."""
        return {"blocking": self.blocking, "tile": self.tile, "devices": self.devices}

    def gram(self, rows: jax.Array) -> jax.Array:
        """K(rows, rows), [n, n] symmetric, from images [n, H, W, C] or points [n, d]."""
        empty = Fixed(features(self.architecture, rows[:0])[0], jnp.zeros((0, 0), rows.dtype))
        return self.joint(empty, rows)

    def fixed(self, rows: jax.Array) -> Fixed:
        """What `joint` needs of rows that never change."""
        return Fixed(features(self.architecture, rows)[0], self.gram(rows))

    def joint(self, real: Fixed, generated: jax.Array) -> jax.Array:
        """K of real rows then generated ones, [n + m, n + m]; differentiable in `generated`."""
        own, diagonal = features(self.architecture, generated)
        return _joint(self, real, own, diagonal)


def _plan(kernel: Kernel, n: int, m: int) -> list[np.ndarray]:
    """Tile pairs of the generated rows' triangle, then (if any) of real against generated rows."""
    rows, columns = -(-n // kernel.tile), -(-m // kernel.tile)
    plan = [tile_pairs(columns, columns, symmetric=True, devices=kernel.devices)]
    return plan + (
        [tile_pairs(rows, columns, symmetric=False, devices=kernel.devices)] if n else []
    )


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _joint(kernel: Kernel, real: Fixed, own: Features, diagonal: jax.Array) -> jax.Array:
    """The joint Gram matrix, from features and diagonal of the generated rows."""
    return _joint_forward(kernel, real, own, diagonal)[0]


def _joint_forward(
    kernel: Kernel, real: Fixed, own: Features, diagonal: jax.Array
) -> tuple[jax.Array, tuple[Features, Features, jax.Array]]:
    n, m = len(real.gram), len(diagonal)
    a, b = tiled(real.features, n, kernel.tile), tiled(own, m, kernel.tile)
    plan = _plan(kernel, n, m)

    value = partial(block, kernel.architecture, kernel.averages)

    def share(a: Features, b: Features, *plan: jax.Array) -> list[jax.Array]:
        def tiles(rows: Features, pairs: jax.Array) -> jax.Array:
            def tile(pair: jax.Array) -> jax.Array:
                return value(pick(rows, pair[0]), pick(b, pair[1]))

            listed: jax.Array = jax.lax.map(tile, pairs[0])
            return listed[None]

        return [tiles(rows, pairs) for rows, pairs in zip((b, a), plan, strict=False)]

    own_tiles, *cross_tiles = sharded(kernel.devices, 2, len(plan), share)(a, b, *plan)
    lower = jnp.tril(assemble(own_tiles, plan[0], m, m), -1)
    gram = lower + lower.T + jnp.diag(diagonal)
    if cross_tiles:
        cross = assemble(cross_tiles[0], plan[1], n, m)
        gram = jnp.block([[real.gram, cross], [cross.T, gram]])
    return gram, (a, b, diagonal)


def _joint_backward(
    kernel: Kernel, saved: tuple[Features, Features, jax.Array], g: jax.Array
) -> tuple[None, Features, jax.Array]:
    a, b, diagonal = saved
    m = len(diagonal)
    n = len(g) - m
    plan = _plan(kernel, n, m)
    g_own = (g[n:, n:] + g[n:, n:].T) / 2
    g_diagonal = jnp.diagonal(g_own)
    cotangents = [disassemble(g_own - jnp.diag(g_diagonal), plan[0], kernel.tile)]
    if n:
        cotangents.append(disassemble(g[:n, n:] + g[n:, :n].T, plan[1], kernel.tile))

    vjp = partial(block_vjp, kernel.architecture, kernel.averages)

    def add(total: Features, index: jax.Array, change: Features | None) -> Features:
        added: Features = jax.tree.map(lambda t, c: t.at[index].add(c), total, change)
        return added

    def share(a: Features, b: Features, *items: jax.Array) -> Features:
        def own_tile(total: Features, item: tuple[jax.Array, jax.Array]) -> tuple[Features, None]:
            pair, cotangent = item
            rows, columns = pick(b, pair[0]), pick(b, pair[1])
            changes = vjp(rows, columns, cotangent, both=True)
            return add(add(total, pair[0], changes[0]), pair[1], changes[1]), None

        def cross_tile(total: Features, item: tuple[jax.Array, jax.Array]) -> tuple[Features, None]:
            pair, cotangent = item
            rows, columns = pick(a, pair[0]), pick(b, pair[1])
            _, change = vjp(rows, columns, cotangent, both=False)
            return add(total, pair[1], change), None

        pairs, cotangents = items[: len(plan)], items[len(plan) :]
        total = jax.tree.map(jnp.zeros_like, b)
        for tile, p, c in zip((own_tile, cross_tile), pairs, cotangents, strict=False):
            total, _ = jax.lax.scan(tile, total, (p[0], c[0]))
        own: Features = jax.tree.map(lambda x: x[None], total)
        return own

    shares = sharded(kernel.devices, 2, 2 * len(plan), share)(a, b, *plan, *cotangents)
    total = jax.tree.map(lambda x: x.sum(0), shares)
    return None, untiled(total, m), g_diagonal


_joint.defvjp(_joint_forward, _joint_backward)
