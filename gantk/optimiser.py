"""Gradient descent and Adam on any pytree of arrays."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from gantk.settings import OptimiserSettings


class Optimiser(NamedTuple):
    """An update rule.

    init: parameters -> moments.
    update: (gradient, moments, iteration from 0) -> (change, moments).
    """

    init: Callable[[Any], Any]
    update: Callable[[Any, Any, jax.Array], tuple[Any, Any]]


def global_norm(tree: Any) -> jax.Array:
    """Euclidean norm of all leaves together."""
    return jnp.sqrt(sum(jnp.vdot(x, x).real for x in jax.tree.leaves(tree)))


def make_optimiser(settings: OptimiserSettings) -> Optimiser:
    """The update rule that the settings name."""

    def clipped(gradient: Any) -> Any:
        if settings.clip_norm is None:
            return gradient
        scale = jnp.minimum(1.0, settings.clip_norm / global_norm(gradient))
        return jax.tree.map(lambda g: g * scale.astype(g.dtype), gradient)

    if settings.optimiser == "gradient-descent":
        return Optimiser(
            lambda parameters: (),
            lambda gradient, moments, iteration: (
                jax.tree.map(lambda g: -settings.step * g, clipped(gradient)),
                moments,
            ),
        )
    b1, b2 = settings.beta1, settings.beta2

    def init(parameters: Any) -> Any:
        zero = jax.tree.map(jnp.zeros_like, parameters)
        return zero, zero

    def update(gradient: Any, moments: Any, iteration: jax.Array) -> tuple[Any, Any]:
        """Adam (Kingma & Ba, 2015), Algorithm 1."""
        gradient = clipped(gradient)
        first = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, moments[0], gradient)
        second = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, moments[1], gradient)
        step = settings.step * jnp.sqrt(1 - b2 ** (iteration + 1)) / (1 - b1 ** (iteration + 1))
        change = jax.tree.map(
            lambda m, v: -step.astype(m.dtype) * m / (jnp.sqrt(v) + 1e-8), first, second
        )
        return change, (first, second)

    return Optimiser(init, update)
