"""The discriminator's training dynamics in closed form: D = (I - exp(-lambda K)) y (P Eq. 3).

Everything goes through one eigendecomposition K = V diag(w) V^T. It is never differentiated:
repeated eigenvalues would give NaN, and masking them wrong gradients. The exact derivative of
exp(-lambda K) y is that of Daleckii and Krein (Higham, Functions of Matrices, Theorem 3.11).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np


def regularise(gram: jax.Array, diag_reg: float) -> jax.Array:
    """K + diag_reg * (tr K / N) I, the relative ridge of neural-tangents' predictor."""
    ridge = diag_reg * jnp.trace(gram) / len(gram)
    return gram + ridge * jnp.eye(len(gram), dtype=gram.dtype)


def _eigh(gram: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues and eigenvectors in float64, whatever the dtype of K."""
    return jnp.linalg.eigh(gram.astype(jnp.float64), symmetrize_input=False)


def _decay(w: jax.Array, lam: jax.Array) -> jax.Array:
    """exp(-lambda w). K is positive semi-definite: a negative w is rounding, and counts as 0."""
    return jnp.exp(-lam * jnp.maximum(w, 0))


@jax.custom_vjp
def residual(gram: jax.Array, lam: jax.Array, y: jax.Array) -> jax.Array:
    """exp(-lambda K) y, [N] float64: what the discriminator has not yet learned of the labels y.

    gram: [N, N], symmetric. lam: scalar, eta * t. y: [N] float64. Differentiable in `gram` only.
    """
    return _residual_forward(gram, lam, y)[0]


def _residual_forward(gram: jax.Array, lam: jax.Array, y: jax.Array) -> tuple[jax.Array, tuple]:
    w, v = _eigh(gram)
    projected = y @ v
    return v @ (_decay(w, lam) * projected), (w, v, projected, lam, gram[:0, :0])


def _residual_backward(saved: tuple, g: jax.Array) -> tuple[jax.Array, None, None]:
    """V [(b a^T) o Phi] V^T, symmetrised, with a = V^T y and b = V^T g.

    Phi_ij = -lambda exp(-lambda min(w_i, w_j)) (1 - exp(-delta)) / delta with
    delta = lambda |w_i - w_j|: the divided difference of exp(-lambda w), its limit 1 at 0.
    """
    w, v, a, lam, empty = saved
    b = g @ v
    w = jnp.maximum(w, 0)
    delta = lam * jnp.abs(w[:, None] - w[None, :])
    apart = delta > 0
    quotient = jnp.where(apart, -jnp.expm1(-delta) / jnp.where(apart, delta, 1), 1)
    # min of two decays is the decay of the larger eigenvalue; the smaller one decays less.
    decay = _decay(w, lam)
    phi = -lam * jnp.maximum(decay[:, None], decay[None, :]) * quotient
    inner = phi * (b[:, None] * a[None, :])
    # The cotangent of K needs no more precision than K has.
    v, inner = v.astype(empty.dtype), ((inner + inner.T) / 2).astype(empty.dtype)
    return v @ inner @ v.T, None, None


residual.defvjp(_residual_forward, _residual_backward)


def labels(real: int, generated: int, negative: float) -> np.ndarray:
    """Ones for real rows, then `negative` for generated ones, float64."""
    return np.concatenate([np.ones(real), np.full(generated, negative)])


def separation_error(gram: np.ndarray, real: int) -> Callable[[float], float]:
    """The error of Algorithm 1 as a function of lambda, strictly decreasing.

    (1 / 2n) |D - (1 + 0)|^2 = (1 / 2n) sum_i exp(-2 lambda w_i) (v_i^T y)^2.
    """
    w, v = np.linalg.eigh(np.asarray(gram, np.float64))
    weights = (labels(real, len(gram) - real, 0.0) @ v) ** 2 / len(gram)
    w = np.maximum(w, 0)
    return lambda lam: float(weights @ np.exp(-2 * lam * w))


def search_lambda(gram: np.ndarray, real: int, tolerance: float) -> float:
    """Algorithm 1 (P section 8.3): the first of 1, 2, 4, ... that separates real rows from noise.

    The paper prints the loop as running while the error is at most the tolerance, which ends at
    once or never; its text asks for the smallest lambda that separates, so the loop here runs
    while the error is above the tolerance. One eigendecomposition serves every step.

    gram: K of real rows then noise, regularised. tolerance: epsilon, 1e-3 to 1e-2 in the paper.

    Raises:
        ValueError: no lambda up to 2^60 separates them, as when both are the same rows.
    """
    error = separation_error(gram, real)
    for power in range(61):
        if error(2.0**power) <= tolerance:
            return 2.0**power
    raise ValueError(
        f"no lambda separates the real rows from noise to {tolerance}: "
        f"the error stays at {error(2.0**60):.3g}"
    )
