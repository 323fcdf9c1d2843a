"""Dual activations: covariances after a nonlinearity from those before it.

For centred jointly Gaussian u, u' with variances v, v' and covariance c, an activation phi has

    kappa_1 = E[phi(u) phi(u')]    and    kappa_0 = E[phi'(u) phi'(u')].

Both depend on the normalised covariance rho = c' / (q q') and on the product s = q q' of two
row scales q(v) alone (for ReLU c' = c and q = sqrt(v); for erf c' = 2c and q = sqrt(1 + 2v)),
so a kernel needs one division less a pair of rows where rho comes from normalised features.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

TWO_PI = 2 * np.pi

# Abramowitz & Stegun 4.4.46: arccos(x) = sqrt(1 - x) * P(x) on [0, 1], |error| <= 2e-8. XLA's own
# arccos takes 12 times as long on a CPU.
_ARCCOS = (
    1.5707963050,
    -0.2145988016,
    0.0889789874,
    -0.0501743046,
    0.0308918810,
    -0.0170881256,
    0.0066700901,
    -0.0012624911,
)


@dataclass(frozen=True)
class Activation:
    """A dual activation, as functions of arrays of any shape.

    scale: v -> q.
    gain: factor of c in rho, so that rho = gain * c / (q q').
    variance: v -> kappa_1 at u = u', the variance after the activation.
    slope: v -> kappa_0 at u = u'.
    pair: (rho, s) -> (kappa_1, kappa_0).
    pair_vjp: (rho, s, cotangent of kappa_1, of kappa_0) -> (cotangent of rho, of s; kappa_0).
    """

    scale: Callable[[jax.Array], jax.Array]
    gain: float
    variance: Callable[[jax.Array], jax.Array]
    slope: Callable[[jax.Array], jax.Array]
    pair: Callable[[jax.Array, jax.Array], tuple[jax.Array, jax.Array]]
    pair_vjp: Callable[..., tuple[jax.Array, jax.Array, jax.Array]]


def _relu_terms(rho: jax.Array) -> tuple[jax.Array, jax.Array]:
    """kappa_0 = (pi - arccos rho) / 2 pi, and sqrt(1 - rho^2) / 2 pi."""
    x = jnp.abs(rho)
    root = jnp.sqrt(jnp.maximum(1 - x, 0))
    if rho.dtype == jnp.float32:
        polynomial = jnp.full_like(x, _ARCCOS[-1])
        for coefficient in _ARCCOS[-2::-1]:
            polynomial = polynomial * x + coefficient
        arccos = root * polynomial
    else:
        # atan2 keeps full accuracy at both ends, where arccos(x) itself loses half its digits.
        arccos = jnp.arctan2(root * jnp.sqrt(1 + x), x)
    kappa_0 = jnp.where(rho >= 0, np.pi - arccos, arccos) / TWO_PI
    return kappa_0, root * jnp.sqrt(1 + x) / TWO_PI


def _relu_pair(rho: jax.Array, s: jax.Array) -> tuple[jax.Array, jax.Array]:
    """kappa_1 and kappa_0 of ReLU (Cho & Saul, 2009)."""
    kappa_0, root = _relu_terms(rho)
    return s * (root + rho * kappa_0), kappa_0


def _relu_pair_vjp(
    rho: jax.Array, s: jax.Array, g_1: jax.Array, g_0: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    kappa_0, root = _relu_terms(rho)
    # d kappa_0 / d rho = 1 / (2 pi sqrt(1 - rho^2)). It diverges where two rows coincide; there
    # d rho = 0 to second order, and the limit of the product along the diagonal is 0.
    regular = root > 0
    slope = jnp.where(regular, 1 / (TWO_PI**2 * jnp.where(regular, root, 1)), 0)
    return s * kappa_0 * g_1 + slope * g_0, (root + rho * kappa_0) * g_1, kappa_0


def _erf_pair(rho: jax.Array, s: jax.Array) -> tuple[jax.Array, jax.Array]:
    """kappa_1 and kappa_0 of erf (Williams, 1997). |rho| < 1 always: the kernel is smooth."""
    return 2 / np.pi * jnp.arcsin(rho), 4 / np.pi / (s * jnp.sqrt(1 - rho * rho))


def _erf_pair_vjp(
    rho: jax.Array, s: jax.Array, g_1: jax.Array, g_0: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    square = 1 / (1 - rho * rho)
    slope = jnp.sqrt(square)
    kappa_0 = 4 / np.pi / s * slope
    return 2 / np.pi * slope * g_1 + kappa_0 * rho * square * g_0, -kappa_0 / s * g_0, kappa_0


RELU = Activation(
    jnp.sqrt, 1.0, lambda v: v / 2, lambda v: jnp.full_like(v, 0.5), _relu_pair, _relu_pair_vjp
)
ERF = Activation(
    lambda v: jnp.sqrt(1 + 2 * v),
    2.0,
    lambda v: 2 / np.pi * jnp.arcsin(2 * v / (1 + 2 * v)),
    lambda v: 4 / np.pi / jnp.sqrt(1 + 4 * v),
    _erf_pair,
    _erf_pair_vjp,
)
ACTIVATIONS = {"relu": RELU, "erf": ERF}
