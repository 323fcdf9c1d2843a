"""Dual activations: covariances after a nonlinearity from those before it.

For centred jointly Gaussian u, u' with variances v, v' and covariance c, an activation phi has

    kappa_1 = E[phi(u) phi(u')]    and    kappa_0 = E[phi'(u) phi'(u')].

They are functions of the normalised covariance rho = gain c / s, of the product s = q q' of two row
scales q(v), and for some activations of q and q' themselves. Computing rho from normalised features
saves the kernel one division per pair of rows.

Each activation is one decorated function here. Settings, schema, both kernels and the tests find it
by its registration. JAX is imported inside the function, because the settings are read where JAX is
not installed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jax import Array

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

# The same function by powers of 1 - x, for float64: interpolated in 60 digits at 19 Chebyshev
# nodes, relative error 2e-17. XLA's atan2 takes 5 times as long on a CPU.
_ARCCOS_64 = (
    1.4142135623730951,
    0.11785113019774604,
    0.026516504295916166,
    0.007891816687096197,
    0.0026854115429505864,
    0.0009886937064591983,
    0.0003837000361256815,
    0.00015250797182385684,
    7.287068257137792e-05,
    -7.185800992367848e-06,
    0.00010871230018361807,
    -0.00020499919349473681,
    0.0003480987471498245,
    -0.00043000945159494793,
    0.0004006882818589302,
    -0.0002688464467735859,
    0.00012425167869548127,
    -3.537835495282187e-05,
    4.797541033020616e-06,
)


Cotangents = tuple["Array", "Array", "Array | None", "Array | None", "Array"]


@dataclass(frozen=True)
class Activation:
    """A dual activation, as functions of arrays of any shape.

    phi: the activation itself; the tests check everything else against it.
    scale: v -> q.
    gain: factor of c in rho, so that rho = gain * c / (q q').
    variance: v -> kappa_1 at u = u', the variance after the activation.
    slope: v -> kappa_0 at u = u'.
    pair: (rho, s, q, q') -> (kappa_1, kappa_0); rho and s are [..., n_a, n_b], q [..., n_a, 1] and
        q' [..., 1, n_b].
    pair_vjp: (rho, s, q, q', cotangent of kappa_1, of kappa_0) -> (cotangents of rho, of s, of q,
        of q'; kappa_0). Those of q and q' leave out what goes through s; None if that is all.
    peer: its layer in neural_tangents.stax; None if there is none.
    """

    phi: Callable[["Array"], "Array"]
    scale: Callable[["Array"], "Array"]
    gain: float
    variance: Callable[["Array"], "Array"]
    slope: Callable[["Array"], "Array"]
    pair: Callable[["Array", "Array", "Array", "Array"], tuple["Array", "Array"]]
    pair_vjp: Callable[["Array", "Array", "Array", "Array", "Array", "Array"], Cotangents]
    peer: str | None


ACTIVATIONS: dict[str, Callable[[], Activation]] = {}
"""Name -> the function that makes the activation, once."""


def _registered(make: Callable[[], Activation]) -> Callable[[], Activation]:
    ACTIVATIONS[make.__name__] = cache(make)
    return ACTIVATIONS[make.__name__]


@_registered
def relu() -> Activation:
    """max(x, 0) (Cho & Saul, 2009): kappa_1 = s (sqrt(1 - rho^2) / 2 pi + rho kappa_0).

    >>> import jax.numpy as jnp
    >>> one = jnp.ones(3)
    >>> kappa_1, kappa_0 = relu().pair(jnp.array([1.0, 0.0, -1.0]), one, one, one)
    >>> [round(x, 4) for x in kappa_1.tolist()]  # 1/2, 1 / 2 pi, 0
    [0.5, 0.1592, 0.0]
    >>> [round(x, 4) for x in kappa_0.tolist()]
    [0.5, 0.25, 0.0]
    """
    import jax
    import jax.numpy as jnp

    def terms(rho: jax.Array) -> tuple[jax.Array, jax.Array]:
        """kappa_0 = (pi - arccos rho) / 2 pi, and sqrt(1 - rho^2) / 2 pi."""
        x = jnp.abs(rho)
        rest = jnp.maximum(1 - x, 0)
        root = jnp.sqrt(rest)
        single = rho.dtype == jnp.float32
        coefficients, variable = (_ARCCOS, x) if single else (_ARCCOS_64, rest)
        polynomial = jnp.full_like(x, coefficients[-1])
        for coefficient in coefficients[-2::-1]:
            polynomial = polynomial * variable + coefficient
        # Both ends keep full accuracy, where arccos(x) itself loses half its digits.
        arccos = root * polynomial
        kappa_0 = jnp.where(rho >= 0, np.pi - arccos, arccos) / TWO_PI
        return kappa_0, root * jnp.sqrt(1 + x) / TWO_PI

    def pair(rho: jax.Array, s: jax.Array, *_: jax.Array) -> tuple[jax.Array, jax.Array]:
        kappa_0, root = terms(rho)
        return s * (root + rho * kappa_0), kappa_0

    def pair_vjp(
        rho: jax.Array, s: jax.Array, _q: jax.Array, _p: jax.Array, g_1: jax.Array, g_0: jax.Array
    ) -> Cotangents:
        kappa_0, root = terms(rho)
        # d kappa_0 / d rho = 1 / (2 pi sqrt(1 - rho^2)). It diverges where two rows coincide; there
        # d rho = 0 to second order, and the limit of the product along the diagonal is 0.
        regular = root > 0
        slope = jnp.where(regular, 1 / (TWO_PI**2 * jnp.where(regular, root, 1)), 0)
        g_rho = s * kappa_0 * g_1 + slope * g_0
        return g_rho, (root + rho * kappa_0) * g_1, None, None, kappa_0

    return Activation(
        phi=jax.nn.relu,
        scale=jnp.sqrt,
        gain=1.0,
        variance=lambda v: v / 2,
        slope=lambda v: jnp.full_like(v, 0.5),
        pair=pair,
        pair_vjp=pair_vjp,
        peer="Relu",
    )


def _affine_erf(a: float, b: float, c: float, peer: str) -> Activation:
    """a erf(b x) + c: kappa_1 = a^2 2 / pi arcsin(rho) + c^2; of erf itself, Williams (1997).

    |rho| < 1 always: the kernel is smooth.
    """
    import jax
    import jax.numpy as jnp

    height, steepness = a * a * 2 / np.pi, b * b

    def pair(rho: jax.Array, s: jax.Array, *_: jax.Array) -> tuple[jax.Array, jax.Array]:
        kappa_0 = 2 * steepness * height / (s * jnp.sqrt(1 - rho * rho))
        return height * jnp.arcsin(rho) + c * c, kappa_0

    def pair_vjp(
        rho: jax.Array, s: jax.Array, _q: jax.Array, _p: jax.Array, g_1: jax.Array, g_0: jax.Array
    ) -> Cotangents:
        square = 1 / (1 - rho * rho)
        slope = jnp.sqrt(square)
        kappa_0 = 2 * steepness * height / s * slope
        g_rho = height * slope * g_1 + kappa_0 * rho * square * g_0
        return g_rho, -kappa_0 / s * g_0, None, None, kappa_0

    return Activation(
        phi=lambda x: a * jax.scipy.special.erf(b * x) + c,
        scale=lambda v: jnp.sqrt(1 + 2 * steepness * v),
        gain=2 * steepness,
        variance=lambda v: height * jnp.arcsin(2 * steepness * v / (1 + 2 * steepness * v)) + c * c,
        slope=lambda v: 2 * steepness * height / jnp.sqrt(1 + 4 * steepness * v),
        pair=pair,
        pair_vjp=pair_vjp,
        peer=peer,
    )


@_registered
def erf() -> Activation:
    """The error function (Williams, 1997)."""
    return _affine_erf(1.0, 1.0, 0.0, "Erf")


@_registered
def sigmoid() -> Activation:
    """erf(x / 2.4020563531719796) / 2 + 1 / 2, the curve of that family nearest to the logistic
    one, which neural-tangents calls Sigmoid_like; the logistic function has no closed form."""
    return _affine_erf(0.5, 1 / 2.4020563531719796, 0.5, "Sigmoid_like")


@_registered
def sine() -> Activation:
    """sin(x): kappa_1 = exp(-(v + v') / 2) sinh(c), kappa_0 = exp(-(v + v') / 2) cosh(c).

    Both are halves of exp(c - (v + v') / 2) -+ exp(-c - (v + v') / 2), whose exponents are never
    positive. With q = exp(v / 8), (v + v') / 2 = 4 log s, and s is finite up to v + v' = 700 in
    float32.
    """
    import jax
    import jax.numpy as jnp

    def pair(rho: jax.Array, s: jax.Array, *_: jax.Array) -> tuple[jax.Array, jax.Array]:
        covariance, mean = rho * s, 4 * jnp.log(s)
        near, far = jnp.exp(covariance - mean) / 2, jnp.exp(-covariance - mean) / 2
        return near - far, near + far

    def pair_vjp(
        rho: jax.Array, s: jax.Array, _q: jax.Array, _p: jax.Array, g_1: jax.Array, g_0: jax.Array
    ) -> Cotangents:
        kappa_1, kappa_0 = pair(rho, s)
        g_covariance = kappa_0 * g_1 + kappa_1 * g_0
        g_mean = -(kappa_1 * g_1 + kappa_0 * g_0)
        return s * g_covariance, rho * g_covariance + 4 / s * g_mean, None, None, kappa_0

    return Activation(
        phi=jnp.sin,
        scale=lambda v: jnp.exp(v / 8),
        gain=1.0,
        variance=lambda v: -jnp.expm1(-2 * v) / 2,
        slope=lambda v: (1 + jnp.exp(-2 * v)) / 2,
        pair=pair,
        pair_vjp=pair_vjp,
        peer="Sin",
    )


@_registered
def gelu() -> Activation:
    """x Phi(x), Phi the standard normal distribution (Hendrycks & Gimpel, 2016), the exact form.

    With d^2 = (1 + v) (1 + v') - c^2, never below 1 (Tsuchida et al., 2021, arXiv 2002.08517),

        kappa_1 = c / 4 + (c arctan(c / d) + (c^2 + v v' d^2) / ((1 + v) (1 + v') d)) / 2 pi,

    and kappa_0 is its derivative in c. They need v + v' beside c and v v'. q = sqrt(v) keeps both
    accurate where v is small.
    """
    import jax
    import jax.numpy as jnp

    def pair(
        rho: jax.Array, s: jax.Array, q_a: jax.Array, q_b: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        c, p, total = rho * s, s * s, q_a * q_a + q_b * q_b
        whole = 1 + total + p
        square = 1 + total + p * (1 - rho) * (1 + rho)
        root = jnp.sqrt(square)
        angle = jnp.arctan(c / root) / TWO_PI + 0.25
        kappa_1 = c * angle + (c * c + p * square) / (TWO_PI * whole * root)
        return kappa_1, angle + c / (TWO_PI * root) * (1 / square + (1 - p) / whole + 1)

    def pair_vjp(
        rho: jax.Array, s: jax.Array, q_a: jax.Array, q_b: jax.Array, g_1: jax.Array, g_0: jax.Array
    ) -> Cotangents:
        (_, kappa_0), back = jax.vjp(pair, rho, s, q_a, q_b)
        return *back((g_1, g_0)), kappa_0

    def angle(v: jax.Array) -> jax.Array:
        return 0.25 + jnp.arcsin(v / (1 + v)) / TWO_PI

    def variance(v: jax.Array) -> jax.Array:
        return v * angle(v) + v * v / (np.pi * (1 + v) * jnp.sqrt(1 + 2 * v))

    def slope(v: jax.Array) -> jax.Array:
        return angle(v) + v * (1 / (1 + 2 * v) + 2 / (1 + v)) / (TWO_PI * jnp.sqrt(1 + 2 * v))

    return Activation(
        phi=lambda x: jax.nn.gelu(x, approximate=False),
        scale=jnp.sqrt,
        gain=1.0,
        variance=variance,
        slope=slope,
        pair=pair,
        pair_vjp=pair_vjp,
        peer="Gelu",
    )
