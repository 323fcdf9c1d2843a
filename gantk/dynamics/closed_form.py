"""The discriminator's training dynamics in closed form: D = (I - exp(-lambda K)) y (paper, Eq. 3).

Here are K's ridge, the labels y and the choice of lambda; `gantk.dynamics.exponential` has
exp(-lambda K) y.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from suite.running.errors import InputError


def regularise(gram: jax.Array, diag_reg: float) -> jax.Array:
    """K + diag_reg * (tr K / N) I, the relative ridge of neural-tangents' predictor.

    >>> regularise(jnp.diag(jnp.array([1.0, 3.0])), 0.5).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    ridge = diag_reg * jnp.trace(gram) / len(gram)
    return gram + ridge * jnp.eye(len(gram), dtype=gram.dtype)


def labels(real: int, generated: int, negative: float) -> np.ndarray:
    """Ones for real rows, then `negative` for generated ones, float64.

    >>> labels(2, 1, -1.0)
    array([ 1.,  1., -1.])
    """
    return np.concatenate([np.ones(real), np.full(generated, negative)])


def separation_error(gram: np.ndarray, real: int) -> Callable[[float], float]:
    """The error of Algorithm 1 as a function of lambda, strictly decreasing.

    (1 / 2n) |D - (1 + 0)|^2 = (1 / 2n) sum_i exp(-2 lambda w_i) (v_i^T y)^2.

    >>> error = separation_error(np.eye(4), 2)  # exp(-2 lambda) / 2
    >>> round(error(1.0), 6), round(float(np.exp(-2) / 2), 6)
    (0.067668, 0.067668)
    """
    w, v = np.linalg.eigh(np.asarray(gram, np.float64))
    weights = (labels(real, len(gram) - real, 0.0) @ v) ** 2 / len(gram)
    w = np.maximum(w, 0)
    return lambda lam: float(weights @ np.exp(-2 * lam * w))


def search_lambda(gram: np.ndarray, real: int, tolerance: float) -> float:
    """GA-NTK's Algorithm 1: the first lambda of 1, 2, 4, ... that separates real rows from noise.

    In the paper (section 8.3) the loop runs while the error is at most the tolerance, so it ends at
    once or never. The text asks for the smallest lambda that separates them, so here the loop runs
    while the error is above the tolerance. One eigendecomposition serves every step.

    gram: K of real rows then noise, regularised. tolerance: epsilon, 1e-3 to 1e-2 in the paper.

    Raises:
        InputError: no lambda up to 2^60 separates them, as when both are the same rows.

    >>> search_lambda(np.eye(4), 2, tolerance=1e-2)  # exp(-2) / 2 is above it, exp(-4) / 2 below
    2.0
    """
    error = separation_error(gram, real)
    for power in range(61):
        if error(2.0**power) <= tolerance:
            return 2.0**power
    raise InputError(
        f"no lambda separates the real rows from noise with an error of at most {tolerance}: it "
        f"stays at {error(2.0**60):.3g}: raise `separation`, or give `lam` as a number"
    )
