"""Blocking by whole tiles, for GPUs: all positions at once, as few and as large kernels as can be.

The barriers keep XLA from fusing an activation into the window means that read it, where it would
be computed again for each of the 16 windows' positions.
"""

import math
from collections.abc import Sequence
from typing import Any

import jax

from gantk.kernel.architecture import Architecture
from gantk.kernel.ntk import Cotangents, Layer, Mean, Terms

BYTES = 40
"""Bytes of a tile per pair of rows and position of the first layer: ten arrays in float32."""
CPU_MEMORY = 2**30
"""Bytes that a tile may take on a CPU, for which JAX reports no free memory."""
SHARE = 1 / 4
"""Share of a GPU's memory that a tile may take."""


def tile(architecture: Architecture, side: int, rows: int, devices: Sequence[jax.Device]) -> int:
    """Rows of a tile: all, in as few equal parts as fit the memory and give each device one."""
    positions = (-(-side // 2)) ** 2 if architecture.convs else 1
    limit = (devices[0].memory_stats() or {}).get("bytes_limit")
    memory = CPU_MEMORY if limit is None else limit * SHARE
    largest = max(math.isqrt(int(memory) // (BYTES * positions)), 1)
    parts = max(-(-rows // largest), min(len(devices), rows))
    return -(-rows // parts)


def forward(terms: Terms, mean: Mean, layer: Layer) -> tuple[jax.Array, jax.Array]:
    """A[kappa_1] and A[t kappa_0]; see `gantk.kernel.ntk.Averages`."""
    kept = jax.lax.optimization_barrier(terms(layer))
    kappa_1, product = (mean.forward(mean.forward(x, 1), 0) for x in kept)
    averaged: tuple[jax.Array, jax.Array] = jax.lax.optimization_barrier((kappa_1, product))
    return averaged


def backward(
    cotangents: Cotangents, mean: Mean, layer: Layer, totals: tuple[jax.Array, jax.Array]
) -> tuple[Any, ...]:
    """The cotangents of the layer's fields; see `gantk.kernel.ntk.Averages`."""
    h, w = layer.q_a.shape[:2]
    spread = jax.lax.optimization_barrier(
        tuple(mean.transposed(mean.transposed(x, 0, h), 1, w) for x in totals)
    )
    changes: tuple[Any, ...] = jax.lax.optimization_barrier(cotangents(layer, *spread))
    return changes
