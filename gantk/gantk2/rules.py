"""How a kernel discriminator is trained: a rule for the weights w of f_t = sum_j w_j(t) k(., s_j).

s are the n real rows, then the n generated ones; y is +1 for real rows and -1 for generated ones,
K = k(s, s), and f_0 = 0. Gradient flow in function space, df/dt = -T_k grad L (Franceschi et al.,
2022), moves f within the span of the k(., s_j), so a loss L is a rule for w:

rule       L, descended by f                                   w(t)
ipm        mean_generated f - mean_real f                      t y / n
squares    mean_generated (f + 1)^2 + mean_real (f - 1)^2      K^-1 (1 - exp(-2 t K / n)) y
logistic   mean over all 2n of log(1 + exp(-y f))              dw/dt = y sigmoid(-y K w) / 2n

GA-NTK's D = (1 - exp(-lambda K)) y is `squares` with lambda = 2 t / n. The logistic flow has no
closed form: solving it in K's eigenvectors, one by one, is wrong by 1 to 19 % of f, as the sigmoid
acts on rows and does not commute with the rotation. It is integrated here (Runge and Kutta's method
of fourth order), with steps short against the fastest direction.
"""

import math
from typing import Literal

import jax
import jax.numpy as jnp

from gantk.dynamics.exponential import integral, residual
from suite.running.errors import InputError

Rule = Literal["ipm", "squares", "logistic"]
LEAST_STEPS, MOST_STEPS = 64, 4096


def logistic_steps(time: float, largest: float) -> int:
    """Steps of the logistic flow, a power of two.

    largest: of K's diagonal. The flow's fastest rate is at most tr K / 8n, `largest` / 4; a step
    covers at most half a time constant.

    Raises:
        InputError: that is more than `MOST_STEPS`.
    """
    wanted = max(LEAST_STEPS, time * largest / 2)
    steps = 1 << math.ceil(math.log2(wanted))
    if steps > MOST_STEPS:
        raise InputError(
            f"time {time:g} is too long for the logistic loss, which would need {steps} steps of "
            f"at most {MOST_STEPS}: choose at most {2 * MOST_STEPS / largest:.3g}"
        )
    return steps


def _logistic(gram: jax.Array, y: jax.Array, time: float, steps: int) -> jax.Array:
    h = time / steps

    def slope(w: jax.Array) -> jax.Array:
        return y * jax.nn.sigmoid(-y * (gram @ w)) / len(y)

    def step(w: jax.Array, _: None) -> tuple[jax.Array, None]:
        first = slope(w)
        second = slope(w + h / 2 * first)
        third = slope(w + h / 2 * second)
        fourth = slope(w + h * third)
        return w + h / 6 * (first + 2 * second + 2 * third + fourth), None

    return jax.lax.scan(step, jnp.zeros_like(y), None, steps)[0]


def weights(
    rule: Rule, gram: jax.Array, y: jax.Array, time: float, steps: int = 64, sure: bool = True
) -> jax.Array:
    """w after the training time, float64 [2n]; of `squares` not to be differentiated.

    gram: K, [2n, 2n] symmetric. y: float64 [2n]. steps: of `logistic` (`logistic_steps`). sure: see
    `gantk.dynamics.exponential.either`.
    """
    if rule == "ipm":
        return 2 * time / len(y) * y
    if rule == "squares":
        return integral(gram, jnp.float64(4 * time / len(y)), y, sure)
    return _logistic(gram.astype(jnp.float64), y, time, steps)


def trained(
    rule: Rule, gram: jax.Array, y: jax.Array, time: float, steps: int = 64, sure: bool = True
) -> jax.Array:
    """f on all rows, K w, float64 [2n], differentiable in `gram`: through the training itself."""
    if rule == "squares":
        return y - residual(gram, jnp.float64(4 * time / len(y)), y, sure)
    return gram.astype(jnp.float64) @ weights(rule, gram, y, time, steps)
