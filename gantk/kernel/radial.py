"""The radial kernel exp(-gamma |x - x'|^2 / d), neural-tangents' `Rbf` (gamma = 0.5)."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp

GAMMA = 0.5


class FixedRows(NamedTuple):
    """Rows that never change, for kernels that compute nothing from them in advance."""

    rows: jax.Array

    def take(self, chosen: jax.Array) -> "FixedRows":
        """The rows at the given positions."""
        return FixedRows(self.rows[chosen])


def _flat(rows: jax.Array) -> jax.Array:
    return rows.reshape(len(rows), math.prod(rows.shape[1:]))


def _across(x: jax.Array, y: jax.Array) -> jax.Array:
    """Kernel of rows [n, d] with rows [m, d]: [n, m]."""
    squares = jnp.sum(x * x, 1)[:, None] + jnp.sum(y * y, 1)[None, :] - 2 * x @ y.T
    return jnp.exp(-GAMMA / x.shape[1] * squares)


@dataclass(frozen=True)
class RadialKernel:
    """The interface of `gantk.kernel.gram.Kernel`; computes K as a whole, not in tiles."""

    def gram(self, rows: jax.Array) -> jax.Array:
        """K(rows, rows), [n, n]."""
        return _across(_flat(rows), _flat(rows))

    def fixed(self, rows: jax.Array) -> FixedRows:
        """What `joint` needs of rows that never change."""
        return FixedRows(_flat(rows))

    def joint(self, real: FixedRows, generated: jax.Array) -> jax.Array:
        """K of real rows then generated ones, [n + m, n + m]; differentiable in `generated`."""
        return self.gram(jnp.concatenate([real.rows, _flat(generated)]))

    def scores(
        self, real: FixedRows, generated: jax.Array, gram: jax.Array, w: jax.Array
    ) -> jax.Array:
        """As `gantk.gantk2.frozen.frozen_scores`."""
        support = jnp.concatenate([real.rows, jax.lax.stop_gradient(_flat(generated))])
        return _across(_flat(generated), support).astype(w.dtype) @ w
