"""exp(-lambda K) y and its exact derivative by squarings: matrix products alone, in float64.

For devices where a product costs less than the start of a hundred small kernels. With
A = lambda K / 2^s and F_0 the Taylor polynomial of exp(-A) - I of degree 4,

    F_(k+1) = 2 F_k + F_k^2,    exp(-lambda K) y = E (E y) with E = I + F_(s-1).

Keeping F in place of I + F keeps small entries' digits (Higham, Functions of Matrices, section
10.3). For an eigenvalue x of lambda K, the polynomial p has p(x / 2^s)^(2^s) = exp(-x) up to
0.18 * 2^(-4 s) as long as x <= 2.7 * 2^s, where |p| < 1: with s = 16 truncation is below 1e-20.
There remain rounding errors, eps * lambda |K| as of any method that starts from K in float64.
"""

from functools import partial

import jax
import jax.numpy as jnp

from gantk.dynamics.exponential import applied, dense, derivative, either
from gantk.dynamics.exponential import residual as spectral_residual

SQUARINGS = 16
REACH = 2.7 * 2**SQUARINGS
"""The largest lambda |K| that they serve; above it the eigendecomposition does, or NaN tells it."""
ROWS = 1024
"""The largest K that they serve; above it Krylov spaces take less time."""

Powers = tuple[jax.Array, ...]
Saved = tuple[jax.Array, jax.Array, jax.Array, Powers]


def _symmetric(x: jax.Array) -> jax.Array:
    half: jax.Array = (x + x.T) / 2
    return half


def _factors(a: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A^2 and B, with F_0 = A^2 B - A."""
    square = a @ a
    return square, jnp.eye(len(a), dtype=a.dtype) / 2 - a / 6 + square / 24


def _powers(a: jax.Array) -> Powers:
    """F_0 to F_(s-1) from A."""
    square, b = _factors(a)
    powers = [square @ b - a]
    for _ in range(SQUARINGS - 1):
        powers.append(2 * powers[-1] + powers[-1] @ powers[-1])
    return tuple(powers)


def _in_reach(gram: jax.Array, lam: jax.Array) -> jax.Array:
    """Whether lambda |K| is in reach, by the largest sum of a row, which bounds |K|."""
    within: jax.Array = lam * jnp.max(jnp.sum(jnp.abs(gram), axis=1)) <= REACH
    return within


def residual(gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool = True) -> jax.Array:
    """exp(-lambda K) y, [N] float64: what the discriminator has not yet learned of the labels y.

    gram: [N, N], symmetric. lam: scalar, eta * t. y: [N] float64. sure: see
    `gantk.dynamics.exponential.either`. Differentiable in `gram` only.
    """
    several = _squared if len(gram) <= ROWS else spectral_residual
    rest: jax.Array = several(gram, lam, y, sure)
    return rest


@partial(jax.custom_vjp, nondiff_argnums=(3,))
def _squared(gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool) -> jax.Array:
    return _squared_forward(gram, lam, y, sure)[0]


def _squared_forward(
    gram: jax.Array, lam: jax.Array, y: jax.Array, sure: bool
) -> tuple[jax.Array, Saved]:
    exact = gram.astype(jnp.float64)

    def by_products() -> tuple[jax.Array, Powers]:
        powers = _powers(exact * (lam / 2**SQUARINGS))
        half = y + powers[-1] @ y
        return half + powers[-1] @ half, powers

    def by_eigenvectors() -> tuple[jax.Array, Powers]:
        return applied(lam, dense(exact, [y])[0]), (jnp.zeros_like(exact),) * SQUARINGS

    rest, powers = either(_in_reach(exact, lam), by_products, by_eigenvectors, sure)
    return rest, (gram, lam, y, powers)


def _squared_backward(sure: bool, saved: Saved, g: jax.Array) -> tuple[jax.Array, None, None]:
    """Every F is symmetric, and so may its cotangent be: one product a squaring."""
    gram, lam, y, powers = saved
    exact = gram.astype(jnp.float64)

    def by_products() -> jax.Array:
        last = powers[-1]
        change = _symmetric(jnp.outer(g, y + last @ y) + jnp.outer(g + last @ g, y))
        for power in powers[-2::-1]:
            change = 2 * (change + _symmetric(power @ change))
        a = exact * (lam / 2**SQUARINGS)
        square, factor = _factors(a)
        of_factor = _symmetric(square @ change)
        of_square = _symmetric(factor @ change) + of_factor / 24
        change = 2 * _symmetric(a @ of_square) - of_factor / 6 - change
        scaled: jax.Array = (change * (lam / 2**SQUARINGS)).astype(gram.dtype)
        return scaled

    def by_eigenvectors() -> jax.Array:
        left, right = dense(exact, [g, y])
        return derivative(lam, left, right, gram.dtype)

    change = either(_in_reach(exact, lam), by_products, by_eigenvectors, sure)
    return change, None, None


_squared.defvjp(_squared_forward, _squared_backward)
