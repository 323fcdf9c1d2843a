"""The discriminator of GA-NTK: from a joint Gram matrix to a loss, and its lambda."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from gantk.architecture import Architecture
from gantk.dynamics import labels, regularise, search_lambda
from gantk.exponential import residual
from gantk.gram import Kernel
from gantk.objectives import OBJECTIVES
from gantk.peer import PeerKernel
from gantk.settings import DiscriminatorSettings
from suite.errors import InputError


def make_kernel(
    settings: DiscriminatorSettings, architecture: Architecture, side: int, rows: int
) -> Kernel | PeerKernel:
    """The kernel that the settings name.

    side: side length of the images (any for points). rows: generated rows of an iteration. Both
    decide the blocking only.
    """
    if settings.kernel == "neural-tangents":
        return PeerKernel(architecture)
    return Kernel.on_all_devices(architecture, side, rows)


def released_lambda(rate: float, rows: int) -> float:
    """lambda of the released code: learning rate 0.01, 65,536 steps, divided by 2 label columns."""
    return 0.01 * 65536 * rate / (2 * rows)


def choose_lambda(settings: DiscriminatorSettings, gram: np.ndarray, real: int) -> float:
    """lambda as the settings say.

    gram: K of the real rows then noise, [rows, rows], not regularised yet.

    Raises:
        InputError: Algorithm 1 finds none, as for rows that repeat the noise.
    """
    if settings.lam == "released-code":
        return released_lambda(settings.rate, len(gram))
    if settings.lam != "algorithm-1":
        return settings.lam
    try:
        return search_lambda(
            np.asarray(regularise(jnp.asarray(gram), settings.diag_reg)), real, settings.separation
        )
    except ValueError as error:
        raise InputError(f"{error}: raise `separation`, or give `lam` as a number") from error


def gram_loss(
    settings: DiscriminatorSettings, real: int, generated: int
) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """(K of real rows then generated ones, lambda) -> loss, a float64 scalar."""
    objective = OBJECTIVES[settings.objective]
    y = labels(real, generated, objective.negative)

    def loss(gram: jax.Array, lam: jax.Array) -> jax.Array:
        rest = residual(regularise(gram, settings.diag_reg), lam, jnp.asarray(y))
        return objective.loss(y, rest)

    return loss
