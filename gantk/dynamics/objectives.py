"""The objectives of GA-NTK, each a function of exp(-lambda K) y.

A perfect discriminator D calls real rows real and generated rows generated; the generated rows
are moved so that it calls every row real. With 2n rows, n of them real:

name           loss                                         separated   Z = X (lambda large)
cross_entropy  mean_i softplus(-s_i), s = (I - E)(1 + -1)    0.8133      log 2
half_square    |1 - D|^2 / 2, D = (I - E)(1 + 0)             n / 2       n / 4
norm           |1 - D|                                       sqrt(n)     sqrt(n / 2)

cross_entropy is what the released code ran (two one-hot label columns and a softmax, which is
this logistic form); half_square is that of the paper's proof (Eq. 16); norm is Eq. 4.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class Objective:
    """negative: the label of generated rows. loss: (y, exp(-lambda K) y) -> scalar."""

    negative: float
    loss: Callable[[jax.Array, jax.Array], jax.Array]


OBJECTIVES = {
    "cross_entropy": Objective(-1.0, lambda y, rest: jnp.mean(jax.nn.softplus(rest - y))),
    "half_square": Objective(0.0, lambda y, rest: jnp.sum((1 - y + rest) ** 2) / 2),
    "norm": Objective(0.0, lambda y, rest: jnp.linalg.norm(1 - y + rest)),
}

Score = Callable[[jax.Array], jax.Array]


@dataclass(frozen=True)
class PointObjective:
    """c(f), whose mean over rows the generated rows descend, for a discriminator f.

    generated: of f on generated rows. real: of f on real rows, where these count too.
    """

    generated: Score
    real: Score


POINT_OBJECTIVES = {
    "identity": PointObjective(lambda f: -f, lambda f: f),
    "square": PointObjective(lambda f: f * f, lambda f: f * f),
    "non_saturating": PointObjective(lambda f: jax.nn.softplus(-f), lambda f: jax.nn.softplus(-f)),
}
"""That of an IPM; LSGAN's, towards 0 between the labels -1 and 1; the usual one of GANs. With real
rows, the first is the game's value, and the last is twice GA-NTK's cross_entropy."""
