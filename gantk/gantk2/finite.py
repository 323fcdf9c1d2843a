"""Discriminators of finite width: dense networks in NTK parametrisation, trained by SGD.

A layer is sigma_w / sqrt(fan-in) W x + sigma_b b with standard normal W and b (Jacot et al., 2018),
so that small steps of one rate move f along the network's own tangent kernel, which tends to the
infinite one's. f = (g_1 - g_2) / sqrt 2 of two networks that start alike is 0 at the start, and has
the same kernel in the limit.
"""

import math
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from gantk.backend import configure
from gantk.descent.loop import descend
from gantk.dynamics.objectives import POINT_OBJECTIVES
from gantk.gantk2.flow import architecture_of, from_signed, start_rows, to_signed
from gantk.gantk2.rules import Rule
from gantk.gantk2.settings import FiniteSettings
from gantk.kernel.activation import ACTIVATIONS
from gantk.kernel.architecture import Architecture
from gantk.keys import named_key
from suite.protocol.method import Job, Result

Layers = list[tuple[jax.Array, jax.Array]]
Twins = tuple[Layers, Layers]
"""Two networks, equal at the start."""


def initial_layers(
    architecture: Architecture, sides: tuple[int, int, int], key: jax.Array, dtype: Any
) -> Layers:
    """Standard normal weights and biases of every layer.

    sides: inputs, units of a hidden layer, outputs.
    """
    inputs, width, outputs = sides
    units = [inputs, *[width] * architecture.dense, outputs]
    layers = []
    for i, (fan_in, fan_out) in enumerate(pairwise(units)):
        first, second = jax.random.split(jax.random.fold_in(key, i))
        weights = jax.random.normal(first, (fan_in, fan_out), dtype)
        layers.append((weights, jax.random.normal(second, (fan_out,), dtype)))
    return layers


def network_output(architecture: Architecture, layers: Layers, rows: jax.Array) -> jax.Array:
    """The network on rows [n, ...], [n, outputs]."""
    phi = ACTIVATIONS[architecture.activation]().phi
    x = rows.reshape(len(rows), -1)
    deviation = math.sqrt(architecture.sigma_w2)
    for i, (weights, bias) in enumerate(layers):
        last = i == len(layers) - 1
        x = x @ weights * (deviation / math.sqrt(len(weights)))
        if not last or architecture.output_bias:
            x = x + math.sqrt(architecture.sigma_b2) * bias
        if not last:
            x = phi(x)
    return x


def output(architecture: Architecture, twins: Twins, rows: jax.Array) -> jax.Array:
    """f, [n]: the antisymmetric pair on rows [n, ...]."""
    first, second = (network_output(architecture, layers, rows)[:, 0] for layers in twins)
    return (first - second) / math.sqrt(2)


def _game(rule: Rule, real: jax.Array, generated: jax.Array) -> jax.Array:
    """The losses of `gantk.gantk2.rules`, from f on either kind of rows."""
    if rule == "ipm":
        return jnp.mean(generated) - jnp.mean(real)
    if rule == "squares":
        return jnp.mean((generated + 1) ** 2) + jnp.mean((real - 1) ** 2)
    return (jnp.mean(jax.nn.softplus(generated)) + jnp.mean(jax.nn.softplus(-real))) / 2


def train_twins(
    architecture: Architecture,
    rule: Rule,
    twins: Twins,
    real: jax.Array,
    generated: jax.Array,
    learning_rate: float,
    steps: int,
) -> Twins:
    """The networks after `steps` steps of gradient descent on all rows."""

    def loss(twins: Twins) -> jax.Array:
        f = output(architecture, twins, jnp.concatenate([real, generated]))
        return _game(rule, f[: len(real)], f[len(real) :])

    def step(twins: Twins, _: None) -> tuple[Twins, None]:
        change = jax.grad(loss)(twins)
        moved: Twins = jax.tree.map(lambda x, g: x - learning_rate * g, twins, change)
        return moved, None

    return jax.lax.scan(step, twins, None, steps)[0]


def solve_finite(job: Job[FiniteSettings]) -> Result:
    """Move as many rows as the subset has, against discriminators of finite width.

    The parameters of the descent are the rows and, unless `reset` is set, the weights of the
    discriminator. The weights get no gradient; they are trained after the rows have moved.

    Raises:
        InputError: the rows of `start` do not fit.
    """
    settings = job.settings
    configure()
    dtype = jnp.dtype(settings.precision)
    rows, details = start_rows(job)
    real = jnp.asarray(to_signed(job.subset.data, dtype), dtype)
    network = architecture_of(settings)
    inputs = math.prod(real.shape[1:])
    key = named_key("discriminator", job.seed, job.part)
    objective = POINT_OBJECTIVES[settings.score]

    def trained(twins: Twins, rows: jax.Array) -> Twins:
        return train_twins(
            network, settings.rule, twins, real, rows, settings.learning_rate, settings.steps
        )

    def fresh(iteration: jax.Array | int) -> Twins:
        own = jax.random.fold_in(key, iteration)
        layers = initial_layers(network, (inputs, settings.width, 1), own, dtype)
        return layers, layers

    def loss(parameters: dict[str, Any], iteration: jax.Array, _: None) -> jax.Array:
        rows = parameters["rows"]
        twins = trained(fresh(iteration), rows) if settings.reset else parameters["twins"]
        f = output(network, jax.lax.stop_gradient(twins), rows)
        return jnp.mean(objective.generated(f)).astype(jnp.float64)

    def project(parameters: dict[str, Any]) -> dict[str, Any]:
        rows = parameters["rows"]
        if settings.clip and rows.ndim == 4:
            rows = jnp.clip(rows, -1, 1)
        if settings.reset:
            return {"rows": rows}
        return {"rows": rows, "twins": trained(parameters["twins"], rows)}

    start: dict[str, Any] = {"rows": jnp.asarray(rows, dtype)}
    if not settings.reset:
        start["twins"] = jax.jit(trained)(fresh(0), start["rows"])
    descent = descend(
        loss,
        start,
        None,
        settings,
        job.checkpoint,
        render=lambda parameters: from_signed(parameters["rows"]),
        project=project,
    )
    details |= {"discriminator_steps": settings.steps}
    return descent.result(from_signed(descent.parameters["rows"]), details)
