"""A generator that follows a kernel discriminator of infinite width.

Its weights descend the mean of c(f) over n fresh samples, so that these move along a Stein flow,
with velocities smoothed by the generator's own tangent kernel (Franceschi et al., 2022).
"""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gantk.backend import configure
from gantk.descent.loop import descend
from gantk.gantk2.finite import Layers, initial_layers, network_output
from gantk.gantk2.flow import from_signed, prepared, to_signed
from gantk.gantk2.settings import GeneratedSettings
from gantk.kernel.architecture import Architecture
from gantk.keys import latents, named_key
from suite.protocol.method import Job, Model, Result
from suite.protocol.seeds import integer_seed

NETWORK = Architecture(0, 3, "relu", 2.0, 0.1)
"""The generator, in NTK parametrisation; weights of variance 2 keep the scale of z."""


def _rows(layers: Layers, z: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    return network_output(NETWORK, layers, z).reshape(len(z), *shape)


def draw(
    model: Model, settings: GeneratedSettings, shape: tuple[int, ...], count: int, seed: int
) -> np.ndarray:
    """`count` samples of a trained generator."""
    configure()
    layers = [
        (jnp.asarray(model[f"weights{i}"]), jnp.asarray(model[f"bias{i}"]))
        for i in range(len(model) // 2)
    ]
    z = latents("flow-samples", count, settings.latent, seed)
    return from_signed(_rows(layers, z, shape))


def solve_generator(job: Job[GeneratedSettings]) -> Result:
    """Train the generator, on as many samples an iteration as there are real rows.

    Raises:
        InputError: the logistic loss needs too many steps.
    """
    settings = job.settings
    n, shape = len(job.subset.data), job.subset.data.shape[1:]
    configure()
    dtype = jnp.dtype(settings.precision)
    key = named_key("flow-generator", job.seed, job.part)
    sides = (settings.latent, settings.width, math.prod(shape))
    start = initial_layers(NETWORK, sides, named_key("generator", job.seed, job.part), jnp.float32)
    shown = latents("flow-shown", settings.snapshot_size(n), settings.latent, job.seed, job.part)
    first = _rows(start, latents("flow-first", n, settings.latent, job.seed), shape)
    real = jnp.asarray(to_signed(job.subset.data, dtype), dtype)
    discriminator, fixed = prepared(settings, real, first.astype(dtype))

    def loss(
        sure: bool, layers: Layers, iteration: jax.Array, constants: tuple[jax.Array, Any]
    ) -> jax.Array:
        key, fixed = constants
        own = jax.random.fold_in(key, iteration)
        z = jax.random.normal(own, (n, settings.latent), jnp.float32)
        return discriminator.loss(fixed, _rows(layers, z, shape).astype(dtype), sure)

    descent = descend(
        partial(loss, True),
        start,
        (key, fixed),
        settings,
        job.checkpoint,
        render=lambda layers: from_signed(_rows(layers, shown, shape)),
        quick=partial(loss, False),
    )
    model: Model = {}
    for i, (weights, bias) in enumerate(descent.parameters):
        model |= {f"weights{i}": np.asarray(weights), f"bias{i}": np.asarray(bias)}
    seed = integer_seed("draw", job.seed, job.part)
    details = {"generator_parameters": sum(x.size for x in model.values())}
    details |= discriminator.record
    samples = draw(model, settings, shape, job.samples, seed)
    return descent.result(samples, details, model)
