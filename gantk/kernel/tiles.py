"""Rows in tiles, pairs of tiles shared over devices, and matrices put together from them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec

from gantk.kernel.ntk import Features

AXIS = "tiles"


def tiled(f: Features, n: int, tile: int) -> Features:
    """[h, w, n, ...] -> [tiles, h, w, tile, ...], padded by repeating the first row."""
    tiles = -(-n // tile)

    def split(x: jax.Array) -> jax.Array:
        padding = tiles * tile - n
        first = jnp.broadcast_to(x[:, :, :1], (*x.shape[:2], padding, *x.shape[3:]))
        x = jnp.concatenate([x, first], axis=2)
        x = x.reshape(*x.shape[:2], tiles, tile, *x.shape[3:])
        return jnp.moveaxis(x, 2, 0)

    result: Features = jax.tree.map(split, f)
    return result


def untiled(f: Features, n: int) -> Features:
    """The adjoint of `tiled` for cotangents that are 0 in the padding."""

    def merge(x: jax.Array) -> jax.Array:
        x = jnp.moveaxis(x, 0, 2)
        return x.reshape(*x.shape[:2], -1, *x.shape[4:])[:, :, :n]

    merged: Features = jax.tree.map(merge, f)
    return merged


def pick(tiles: Features, index: jax.Array) -> Features:
    """One of the tiles."""
    one = partial(jax.lax.dynamic_index_in_dim, index=index, axis=0, keepdims=False)
    picked: Features = jax.tree.map(one, tiles)
    return picked


def tile_pairs(rows: int, columns: int, symmetric: bool, devices: int) -> np.ndarray:
    """Tile pairs [devices, k, 3]: row tile, column tile, weight (0 where padded to equal shares).

    For a symmetric matrix only the lower triangle is listed. A tile below the diagonal stands for
    two, so its weight in the derivative is 2.
    """
    listed = [
        (i, j, 1 if not symmetric or i == j else 2)
        for i in range(rows)
        for j in range(i + 1 if symmetric else columns)
    ]
    listed += [(0, 0, 0)] * (-len(listed) % devices)
    return np.array(listed, np.int32).reshape(devices, -1, 3)


def sharded(
    devices: int, shared: int, split: int, function: Callable[..., Any]
) -> Callable[..., Any]:
    """`function` on every device, its last `split` arguments (and its results) split over them."""
    everywhere, own = PartitionSpec(), PartitionSpec(AXIS)
    return jax.shard_map(
        function,
        mesh=Mesh(np.array(jax.devices()[:devices]), (AXIS,)),
        in_specs=(everywhere,) * shared + (own,) * split,
        out_specs=own,
        check_vma=False,
    )


def assemble(tiles: jax.Array, pairs: np.ndarray, n: int, m: int) -> jax.Array:
    """Tiles [devices, k, tile, tile] to a matrix [n, m]; tiles that are not listed stay 0."""
    tile = tiles.shape[-1]
    pairs, tiles = pairs.reshape(-1, 3), tiles.reshape(-1, tile, tile)
    rows, columns = -(-n // tile), -(-m // tile)
    where = np.full(rows * columns, len(tiles))
    kept = pairs[:, 2] > 0
    where[pairs[kept, 0] * columns + pairs[kept, 1]] = np.flatnonzero(kept)
    padded = jnp.concatenate([tiles, jnp.zeros_like(tiles[:1])])
    grid = padded[where].reshape(rows, columns, tile, tile)
    return grid.swapaxes(1, 2).reshape(rows * tile, columns * tile)[:n, :m]


def disassemble(g: jax.Array, pairs: np.ndarray, tile: int) -> jax.Array:
    """A cotangent [n, m] as weighted tiles [devices, k, tile, tile]; padding gets 0."""
    rows, columns = (-(-side // tile) for side in g.shape)
    padding = [
        (0, count * tile - side) for count, side in zip((rows, columns), g.shape, strict=True)
    ]
    grid = jnp.pad(g, padding).reshape(rows, tile, columns, tile).swapaxes(1, 2)
    picked = grid[pairs[..., 0], pairs[..., 1]]
    return picked * jnp.asarray(pairs[..., 2, None, None], g.dtype)
