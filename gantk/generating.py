"""GA-NTK with a generator (Eq. 6): batches of real rows against batches of generated ones."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gantk.architecture import convolutional, fully_connected
from gantk.autoencoder import Autoencoder, make_autoencoder, train_autoencoder
from gantk.backend import configure, device_name, gpu_memory
from gantk.descent import descend
from gantk.discriminator import choose_lambda, gram_loss, make_kernel
from gantk.generator import Generator, code_generator, image_generator
from gantk.images import from_unit, to_unit
from gantk.layers import Arrays
from gantk.rows import square_side
from suite.artefacts import Subset
from suite.checkpoint import Checkpoint
from suite.errors import InputError
from suite.method import Job, Result
from suite.seeds import integer_seed, stream

DRAWN = 256
"""Images rendered at a time, and noise vectors that fix the statistics of batch normalisation."""


def _networks(settings: Any, shape: tuple[int, ...]) -> tuple[Generator, Autoencoder | None]:
    if settings.space == "image":
        return image_generator(shape, settings.latent), None
    autoencoder = make_autoencoder(shape)
    return code_generator(autoencoder.code, settings.latent), autoencoder


def _noise(purpose: str, count: int, latent: int, *seeds: int) -> jax.Array:
    return jnp.asarray(stream(purpose, *seeds).normal(size=(count, latent)), jnp.float32)


def _images(
    generator: Generator, autoencoder: Autoencoder | None, model: Arrays, z: jax.Array
) -> np.ndarray:
    """uint8 images from noise, by the statistics stored in the model."""
    output, _ = generator.apply(model, z, model)
    if autoencoder is not None:
        output = autoencoder.decode(model, output)
    elif generator.output == "tanh":
        output = (output + 1) / 2
    return from_unit(output)


def draw(
    model: dict[str, np.ndarray], settings: Any, shape: tuple[int, ...], count: int, seed: int
) -> np.ndarray:
    """`count` images from a trained generator, uint8 [count, h, w, c]."""
    configure()
    networks = _networks(settings, shape)
    z = _noise("samples", count, settings.latent, seed)
    arrays = {name: jnp.asarray(value) for name, value in model.items()}
    chunks = [_images(*networks, arrays, z[i : i + DRAWN]) for i in range(0, count, DRAWN)]
    return np.concatenate(chunks)


def _trained_autoencoder(job: Job, autoencoder: Autoencoder, images: np.ndarray) -> Arrays:
    """Weights of the autoencoder; kept in a checkpoint of its own until the generator is done."""
    settings, own = job.settings, job.checkpoint
    if settings.autoencoder_data is not None:
        other = Subset.load(settings.autoencoder_data)
        if other.data.shape[1:] != job.subset.data.shape[1:]:
            raise InputError(
                f"{settings.autoencoder_data}: images of shape {list(other.data.shape[1:])} where "
                f"{list(job.subset.data.shape[1:])} belong: choose a subset of the same dataset"
            )
        images = to_unit(other.data, np.float32)
    path = own.path.with_suffix(".autoencoder.npz") if own.path else None
    kept = Checkpoint(path, own.key, own.every)
    return train_autoencoder(autoencoder, images, settings.autoencoder_iterations, job.seed, kept)


def solve(job: Job) -> Result:
    """Train the generator of Eq. 6 by Adam, one step a batch.

    Raises:
        InputError: rows that are no square images, or a batch larger than the subset.
    """
    settings, n = job.settings, len(job.subset.data)
    side, shape, b = square_side(job), job.subset.data.shape[1:], settings.batch
    if b > n:
        raise InputError(f"batch {b}: the subset has {n} rows only: choose a batch of at most {n}")
    configure()
    generator, autoencoder = _networks(settings, shape)
    images = to_unit(job.subset.data, np.float32)
    code_weights: Arrays = {}
    if autoencoder is not None:
        code_weights = _trained_autoencoder(job, autoencoder, images)
        real = jax.jit(autoencoder.encode)(code_weights, images)
        network = fully_connected(settings.activation)
    else:
        # Generators with tanh speak [-1, 1]: so does the discriminator then, as when released.
        real = jnp.asarray(2 * images - 1 if generator.output == "tanh" else images)
        network = convolutional(side, settings.activation)
    kernel = make_kernel(settings, network, side, b)
    dtype = jnp.dtype(settings.precision)
    fixed = jax.jit(kernel.fixed)(real.astype(dtype))
    start = generator.initial(stream("generator", job.seed, job.part))
    first, _ = generator.apply(start, _noise("lambda", b, settings.latent, job.seed))
    joint = jax.jit(kernel.joint)(fixed.take(jnp.arange(b)), first.astype(dtype))
    lam = choose_lambda(settings, joint, b)
    loss_of = gram_loss(settings, b, b)
    key = jax.random.key(integer_seed("batches", job.seed, job.part), impl="threefry2x32")

    def loss(weights: Arrays, iteration: jax.Array, constants: tuple) -> jax.Array:
        fixed, lam = constants
        rows_key, noise_key = jax.random.split(jax.random.fold_in(key, iteration))
        chosen = jax.random.permutation(rows_key, n)[:b]
        z = jax.random.normal(noise_key, (b, settings.latent), jnp.float32)
        generated = generator.apply(weights, z)[0].astype(dtype)
        return loss_of(kernel.joint(fixed.take(chosen), generated), lam)

    calibration = _noise("calibration", DRAWN, settings.latent, job.seed)
    shown = _noise("snapshots", min(n, DRAWN), settings.latent, job.seed, job.part)

    def model_of(weights: Arrays) -> Arrays:
        return weights | generator.apply(weights, calibration)[1] | code_weights

    descent = descend(
        loss,
        start,
        (fixed, jnp.float64(lam)),
        settings,
        job.checkpoint,
        render=lambda weights: _images(generator, autoencoder, model_of(weights), shown),
    )
    if autoencoder is not None and job.checkpoint.path is not None:
        replace(job.checkpoint, path=job.checkpoint.path.with_suffix(".autoencoder.npz")).clear()
    model = {name: np.asarray(value) for name, value in model_of(descent.parameters).items()}
    return Result(
        draw(model, settings, shape, job.samples, integer_seed("draw", job.seed, job.part)),
        descent.trajectory,
        descent.history,
        descent.stop_reason,
        descent.compile_seconds,
        device_name(),
        {
            "lambda": lam,
            "kernel_rows": 2 * b,
            "generator_parameters": sum(x.size for x in jax.tree.leaves(start)),
            "best_iteration": descent.best_iteration,
            **gpu_memory(),
        },
        model,
    )
