"""Gram matrices in tiles: memory for one tile at a time, work split over all devices.

The derivative computes each tile again, so memory is O(tile^2 H W) instead of O(n^2 H W). If they
fit into `KEPT` bytes, the covariances of all layers but the first are kept for it. Real rows never
change: their features and their own block are computed once. An iteration computes only the tiles
of real against generated rows, whose derivative is needed in the generated rows only, and one
triangle of the tiles of generated rows.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gantk.blocking import BLOCKINGS, blocking_on
from gantk.kernel.architecture import Architecture
from gantk.kernel.ntk import Averages, Features, Hidden, block, block_vjp, features
from gantk.kernel.tiles import assemble, disassemble, pick, sharded, tile_pairs, tiled, untiled

KEPT = 2**29
"""Bytes of covariances that are kept from a value to its derivative, at most."""


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
        """How a tile traverses the positions of its images."""
        return BLOCKINGS[self.blocking].averages

    @property
    def record(self) -> dict[str, Any]:
        """The blocking, for run.json: it decides the order in which sums are rounded."""
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


def _kept(kernel: Kernel, plan: list[np.ndarray], tiles: Features) -> bool:
    """Whether the hidden layers of all tiles are kept."""
    one: Features = jax.tree.map(lambda x: x[0], tiles)
    _, hidden = jax.eval_shape(partial(block, kernel.architecture, kernel.averages), one, one)
    size: int = sum(x.size * x.dtype.itemsize for x in jax.tree.leaves(hidden))
    return size * sum(pairs.size // 3 for pairs in plan) <= KEPT


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _joint(kernel: Kernel, real: Fixed, own: Features, diagonal: jax.Array) -> jax.Array:
    """The joint Gram matrix, from features and diagonal of the generated rows."""
    return _value(kernel, real, own, diagonal, keep=False)[0]


Saved = tuple[Features, Features, jax.Array, list[Hidden | None]]
"""Tiles of real and generated features, the diagonal, and the kept layers of each list of tiles."""
Item = tuple[jax.Array, jax.Array, Hidden | None]
"""Tile pair, cotangent of the tile, and its kept layers."""


def _value(
    kernel: Kernel, real: Fixed, own: Features, diagonal: jax.Array, keep: bool
) -> tuple[jax.Array, Saved]:
    """The joint Gram matrix and what its derivative needs; keep: hidden layers too, if they fit."""
    n, m = len(real.gram), len(diagonal)
    a, b = tiled(real.features, n, kernel.tile), tiled(own, m, kernel.tile)
    plan = _plan(kernel, n, m)
    keep = keep and _kept(kernel, plan, b)

    def share(a: Features, b: Features, *plan: jax.Array) -> list[tuple[jax.Array, Hidden | None]]:
        def tiles(rows: Features, pairs: jax.Array) -> tuple[jax.Array, Hidden | None]:
            def tile(pair: jax.Array) -> tuple[jax.Array, Hidden | None]:
                picked = pick(rows, pair[0]), pick(b, pair[1])
                value, hidden = block(kernel.architecture, kernel.averages, *picked)
                return value, hidden if keep else None

            listed = jax.lax.map(tile, pairs[0])
            own: tuple[jax.Array, Hidden | None] = jax.tree.map(lambda x: x[None], listed)
            return own

        return [tiles(rows, pairs) for rows, pairs in zip((b, a), plan, strict=False)]

    made = sharded(kernel.devices, 2, len(plan), share)(a, b, *plan)
    (own_tiles, *cross_tiles), hidden = zip(*made, strict=True)
    lower = jnp.tril(assemble(own_tiles, plan[0], m, m), -1)
    gram = lower + lower.T + jnp.diag(diagonal)
    if cross_tiles:
        cross = assemble(cross_tiles[0], plan[1], n, m)
        gram = jnp.block([[real.gram, cross], [cross.T, gram]])
    return gram, (a, b, diagonal, list(hidden))


def _joint_backward(kernel: Kernel, saved: Saved, g: jax.Array) -> tuple[None, Features, jax.Array]:
    a, b, diagonal, hidden = saved
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

    def share(a: Features, b: Features, *items: Item) -> Features:
        def own_tile(total: Features, item: Item) -> tuple[Features, None]:
            pair, cotangent, hidden = item
            rows, columns = pick(b, pair[0]), pick(b, pair[1])
            changes = vjp(rows, columns, cotangent, both=True, hidden=hidden)
            return add(add(total, pair[0], changes[0]), pair[1], changes[1]), None

        def cross_tile(total: Features, item: Item) -> tuple[Features, None]:
            pair, cotangent, hidden = item
            rows, columns = pick(a, pair[0]), pick(b, pair[1])
            _, change = vjp(rows, columns, cotangent, both=False, hidden=hidden)
            return add(total, pair[1], change), None

        total = jax.tree.map(jnp.zeros_like, b)
        for tile, item in zip((own_tile, cross_tile), items, strict=False):
            total, _ = jax.lax.scan(tile, total, jax.tree.map(lambda x: x[0], item))
        own: Features = jax.tree.map(lambda x: x[None], total)
        return own

    items = zip(plan, cotangents, hidden, strict=True)
    shares = sharded(kernel.devices, 2, len(plan), share)(a, b, *items)
    total = jax.tree.map(lambda x: x.sum(0), shares)
    return None, untiled(total, m), g_diagonal


_joint.defvjp(partial(_value, keep=True), _joint_backward)
