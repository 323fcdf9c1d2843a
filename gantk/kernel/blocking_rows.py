"""Blocking by rows of positions, for CPUs: intermediate arrays stay in the cache.

A row of a tile stays in the cache from its covariance to its share of the window mean. Without this
loop XLA fuses the activation into the window mean, and computes it again for each position of a
window (measured: 1.8 times slower).
"""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from gantk.kernel.architecture import Architecture
from gantk.kernel.ntk import Cotangents, Layer, Mean, Terms


def tile(architecture: Architecture, side: int, rows: int, devices: Sequence[jax.Device]) -> int:
    """Rows a tile, a power of two: the largest that fits, and leaves each device a share.

    One row of positions of the first layer then takes a quarter of a megabyte on a CPU, so that
    its few arrays fit the second-level cache together, and 64 megabytes on a GPU, to fill it.
    """
    width = -(-side // 2) if architecture.convs else 1
    budget = 2**16 if devices[0].platform == "cpu" else 2**24
    largest = min(math.isqrt(budget // width), max(rows // len(devices), 1), 256)
    return 1 << int(math.log2(largest))


def _apart(layer: Layer) -> Layer:
    """The same layer with q_a and q_b in separate arrays.

    XLA does not vectorise its loops over products of an array with itself (measured: the block of
    64 rows with themselves took 2.8 times as long). q + min(q, 0) is q, since scales are positive;
    XLA does not know that, so it cannot simplify the sum and makes a new array.
    """
    return layer._replace(q_a=layer.q_a + jnp.minimum(layer.q_a, 0))


def forward(terms: Terms, mean: Mean, layer: Layer) -> tuple[jax.Array, jax.Array]:
    """A[kappa_1] and A[t kappa_0]; see `gantk.kernel.ntk.Averages`."""

    def row(_: None, item: Layer) -> tuple[None, tuple[jax.Array, jax.Array]]:
        kappa_1, product = terms(item)
        return None, (mean.forward(kappa_1, 0), mean.forward(product, 0))

    _, (kappa_1, product) = jax.lax.scan(row, None, _apart(layer))
    return mean.forward(kappa_1, 0), mean.forward(product, 0)


def backward(
    cotangents: Cotangents, mean: Mean, layer: Layer, totals: tuple[jax.Array, jax.Array]
) -> tuple[Any, ...]:
    """The cotangents of the layer's fields; see `gantk.kernel.ntk.Averages`."""
    h, w = layer.q_a.shape[:2]

    def row(
        _: None, item: tuple[Layer, tuple[jax.Array, jax.Array]]
    ) -> tuple[None, tuple[Any, ...]]:
        layer, (g_kappa_1, g_product) = item
        spread = mean.transposed(g_kappa_1, 0, w), mean.transposed(g_product, 0, w)
        return None, cotangents(layer, *spread)

    spread = mean.transposed(totals[0], 0, h), mean.transposed(totals[1], 0, h)
    changes: tuple[Any, ...] = jax.lax.scan(row, None, (_apart(layer), spread))[1]
    return changes
