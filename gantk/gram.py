"""Gram matrices in tiles: memory for one tile at a time, work split over all devices.

The derivative recomputes each tile, so that memory is O(tile^2 H W) instead of O(n^2 H W).
"""

import math
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from gantk.architecture import Architecture
from gantk.kernel import Features, block, features

AXIS = "tiles"


def default_tile(architecture: Architecture, side: int, platform: str) -> int:
    """Rows a tile, a power of two.

    One array over all positions of the first layer then takes about a megabyte on a CPU, half of
    a second-level cache, and 64 megabytes on a GPU, enough to fill it.
    """
    positions = (-(-side // 2)) ** 2 if architecture.convs else 1
    budget = 2**18 if platform == "cpu" else 2**24
    return 2 ** min(8, max(2, math.floor(math.log2(budget / positions) / 2)))


@dataclass(frozen=True)
class Kernel:
    """A kernel with its blocking.

    architecture: the network.
    tile: rows and columns of a tile; any value gives the same numbers.
    devices: how many JAX devices share the tiles.
    """

    architecture: Architecture
    tile: int
    devices: int

    @staticmethod
    def on_all_devices(architecture: Architecture, side: int) -> "Kernel":
        """The kernel on every JAX device, with the tile that suits them and the rows' side."""
        devices = jax.devices()
        return Kernel(
            architecture, default_tile(architecture, side, devices[0].platform), len(devices)
        )

    def gram(self, rows: jax.Array) -> jax.Array:
        """K(rows, rows), [n, n] symmetric, from images [n, H, W, C] or points [n, d]."""
        return symmetric_gram(self, rows)

    def joint(self, real: jax.Array, gram_real: jax.Array, generated: jax.Array) -> jax.Array:
        """K of real rows then generated ones, [n + m, n + m]; differentiable in `generated`.

        gram_real: K(real, real), computed once with `gram`.
        """
        cross = cross_gram(self, real, generated)
        own = symmetric_gram(self, generated)
        return jnp.block([[gram_real, cross.T], [cross, own]])


def _tiled(kernel: Kernel, f: Features, tiles: int) -> Features:
    """[h, w, n, ...] -> [tiles, h, w, tile, ...], padded by repeating the first row."""

    def split(x: jax.Array) -> jax.Array:
        padding = tiles * kernel.tile - x.shape[2]
        first = jnp.broadcast_to(x[:, :, :1], (*x.shape[:2], padding, *x.shape[3:]))
        x = jnp.concatenate([x, first], axis=2)
        x = x.reshape(*x.shape[:2], tiles, kernel.tile, *x.shape[3:])
        return jnp.moveaxis(x, 2, 0)

    return jax.tree.map(split, f)


def _pick(tiled: Features, index: jax.Array) -> Features:
    return jax.tree.map(lambda x: jax.lax.dynamic_index_in_dim(x, index, 0, keepdims=False), tiled)


def _mesh(kernel: Kernel) -> Mesh:
    return Mesh(np.array(jax.devices()[: kernel.devices]), (AXIS,))


def _pairs(kernel: Kernel, rows: int, columns: int, symmetric: bool) -> np.ndarray:
    """Tile pairs [devices, k, 3]: row tile, column tile, weight (0 where padded to equal shares).

    Of a symmetric matrix only the lower triangle is listed, in the weight of its derivative: a
    tile below the diagonal stands for two.
    """
    listed = [
        (i, j, 1 if not symmetric or i == j else 2)
        for i in range(rows)
        for j in range(i + 1 if symmetric else columns)
    ]
    listed += [(0, 0, 0)] * (-len(listed) % kernel.devices)
    return np.array(listed).reshape(kernel.devices, -1, 3)


def _forward(
    kernel: Kernel, a: Features, b: Features, pairs: np.ndarray
) -> tuple[jax.Array, np.ndarray]:
    """The listed tiles, [pairs, tile, tile], and the list [pairs, 3]."""

    @partial(
        jax.shard_map,
        mesh=_mesh(kernel),
        in_specs=(PartitionSpec(), PartitionSpec(), PartitionSpec(AXIS)),
        out_specs=PartitionSpec(AXIS),
        check_vma=False,
    )
    def share(a: Features, b: Features, own: jax.Array) -> jax.Array:
        def tile(pair: jax.Array) -> jax.Array:
            return block(kernel.architecture, _pick(a, pair[0]), _pick(b, pair[1]))

        return jax.lax.map(tile, own[0])[None]

    tiles = share(a, b, jnp.asarray(pairs))
    return tiles.reshape(-1, kernel.tile, kernel.tile), pairs.reshape(-1, 3)


def _assemble(kernel: Kernel, tiles: jax.Array, pairs: np.ndarray, n: int, m: int) -> jax.Array:
    """Tiles to a matrix [n, m]; tiles that are not listed stay 0."""
    rows, columns = -(-n // kernel.tile), -(-m // kernel.tile)
    where = np.full(rows * columns, len(tiles))
    kept = pairs[:, 2] > 0
    where[pairs[kept, 0] * columns + pairs[kept, 1]] = np.flatnonzero(kept)
    padded = jnp.concatenate([tiles, jnp.zeros_like(tiles[:1])])
    grid = padded[where].reshape(rows, columns, kernel.tile, kernel.tile)
    return grid.swapaxes(1, 2).reshape(rows * kernel.tile, columns * kernel.tile)[:n, :m]


def _cotangent_tiles(kernel: Kernel, g: jax.Array, pairs: np.ndarray) -> jax.Array:
    """A cotangent [n, m] as weighted tiles [devices, k, tile, tile]; padding gets 0."""
    rows, columns = (-(-side // kernel.tile) for side in g.shape)
    padding = [
        (0, count * kernel.tile - side)
        for count, side in zip((rows, columns), g.shape, strict=True)
    ]
    grid = jnp.pad(g, padding).reshape(rows, kernel.tile, columns, kernel.tile).swapaxes(1, 2)
    picked = grid[pairs[..., 0], pairs[..., 1]]
    return picked * jnp.asarray(pairs[..., 2, None, None], g.dtype)


def _backward(
    kernel: Kernel, a: Features, b: Features, pairs: np.ndarray, g: jax.Array, both: bool
) -> Features:
    """The cotangent of tiled features `b`; that of `a` is added if `both` are the same rows."""

    @partial(
        jax.shard_map,
        mesh=_mesh(kernel),
        in_specs=(PartitionSpec(), PartitionSpec(), PartitionSpec(AXIS), PartitionSpec(AXIS)),
        out_specs=PartitionSpec(AXIS),
        check_vma=False,
    )
    def share(a: Features, b: Features, own: jax.Array, cotangents: jax.Array) -> Features:
        def add(total: Features, index: jax.Array, change: Features) -> Features:
            return jax.tree.map(lambda t, c: t.at[index].add(c), total, change)

        def tile(total: Features, item: tuple[jax.Array, jax.Array]) -> tuple[Features, None]:
            pair, cotangent = item
            rows, columns = _pick(a, pair[0]), _pick(b, pair[1])
            if both:
                pull = jax.vjp(partial(block, kernel.architecture), rows, columns)[1]
                change_rows, change_columns = pull(cotangent)
                total = add(total, pair[0], change_rows)
            else:
                pull = jax.vjp(partial(block, kernel.architecture, rows), columns)[1]
                (change_columns,) = pull(cotangent)
            return add(total, pair[1], change_columns), None

        zero = jax.tree.map(jnp.zeros_like, b)
        total, _ = jax.lax.scan(tile, zero, (own[0], cotangents[0]))
        return jax.tree.map(lambda x: x[None], total)

    shares = share(a, b, jnp.asarray(pairs), _cotangent_tiles(kernel, g, pairs))
    return jax.tree.map(lambda x: x.sum(0), shares)


def _tiled_features(kernel: Kernel, rows: jax.Array) -> tuple[Features, jax.Array]:
    """Features in tiles, and the diagonal of K(rows, rows)."""
    split, diagonal = features(kernel.architecture, rows)
    return _tiled(kernel, split, -(-len(rows) // kernel.tile)), diagonal


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def symmetric_gram(kernel: Kernel, rows: jax.Array) -> jax.Array:
    """K(rows, rows) from one triangle of tiles."""
    tiled, diagonal = _tiled_features(kernel, rows)
    count = tiled.patches.shape[0]
    tiles, pairs = _forward(kernel, tiled, tiled, _pairs(kernel, count, count, symmetric=True))
    lower = jnp.tril(_assemble(kernel, tiles, pairs, len(rows), len(rows)), -1)
    return lower + lower.T + jnp.diag(diagonal)


def _symmetric_forward(kernel: Kernel, rows: jax.Array) -> tuple[jax.Array, jax.Array]:
    return symmetric_gram(kernel, rows), rows


def _symmetric_backward(kernel: Kernel, rows: jax.Array, g: jax.Array) -> tuple[jax.Array]:
    (tiled, _), pull = jax.vjp(partial(_tiled_features, kernel), rows)
    count = tiled.patches.shape[0]
    pairs = _pairs(kernel, count, count, symmetric=True)
    diagonal = jnp.diagonal(g)
    apart = (g + g.T) / 2 - jnp.diag(diagonal)
    return pull((_backward(kernel, tiled, tiled, pairs, apart, both=True), diagonal))


symmetric_gram.defvjp(_symmetric_forward, _symmetric_backward)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def cross_gram(kernel: Kernel, fixed: jax.Array, rows: jax.Array) -> jax.Array:
    """K(rows, fixed), [m, n]; differentiable in `rows` only."""
    (a, _), (b, _) = _tiled_features(kernel, fixed), _tiled_features(kernel, rows)
    pairs = _pairs(kernel, a.patches.shape[0], b.patches.shape[0], symmetric=False)
    tiles, pairs = _forward(kernel, a, b, pairs)
    return _assemble(kernel, tiles, pairs, len(fixed), len(rows)).T


def _cross_forward(
    kernel: Kernel, fixed: jax.Array, rows: jax.Array
) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return cross_gram(kernel, fixed, rows), (fixed, rows)


def _cross_backward(
    kernel: Kernel, saved: tuple[jax.Array, jax.Array], g: jax.Array
) -> tuple[None, jax.Array]:
    fixed, rows = saved
    a, _ = _tiled_features(kernel, fixed)
    (b, diagonal), pull = jax.vjp(partial(_tiled_features, kernel), rows)
    pairs = _pairs(kernel, a.patches.shape[0], b.patches.shape[0], symmetric=False)
    return None, *pull((_backward(kernel, a, b, pairs, g.T, both=False), jnp.zeros_like(diagonal)))


cross_gram.defvjp(_cross_forward, _cross_backward)
