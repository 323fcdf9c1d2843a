"""GA-NTK with a generator (Eq. 6): batches of real rows against batches of generated ones."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from gantk.backend import configure
from gantk.descent.autoencoder import Autoencoder, make_autoencoder, train_autoencoder
from gantk.descent.generators import Generator, code_generator, image_generator
from gantk.descent.layers import Arrays
from gantk.descent.loop import descend
from gantk.dynamics.discriminator import Discriminators, Held
from gantk.images import from_unit, to_unit
from gantk.keys import Keys, latents, run_keys
from gantk.settings import GeneratorSettings
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job, Model, Result
from suite.protocol.seeds import integer_seed, stream
from suite.running.checkpoint import Checkpoint
from suite.running.errors import InputError

DRAWN = 256
"""Images rendered at a time, and noise vectors that fix the statistics of batch normalisation."""


def _networks(
    settings: GeneratorSettings, shape: tuple[int, ...]
) -> tuple[Generator, Autoencoder | None]:
    if settings.space == "image":
        return image_generator(shape, settings.latent), None
    autoencoder = make_autoencoder(shape)
    return code_generator(autoencoder.code, settings.latent), autoencoder


@partial(jax.jit, static_argnums=(0, 1))
def _unit_images(
    generator: Generator, autoencoder: Autoencoder | None, model: Arrays, z: jax.Array
) -> jax.Array:
    """Images in [0, 1] from noise, by the statistics stored in the model."""
    output, _ = generator.apply(model, z, model)
    if autoencoder is not None:
        return autoencoder.decode(model, output)
    return (output + 1) / 2 if generator.output == "tanh" else output


def generate(
    model: Model, settings: GeneratorSettings, shape: tuple[int, ...], z: ArrayLike
) -> np.ndarray:
    """Images of a trained generator at given places of its latent space.

    z: [N, latent] float32.

    Returns:
        uint8 [N, h, w, c].
    """
    configure()
    networks, z = _networks(settings, shape), jnp.asarray(z)
    arrays = {name: jnp.asarray(value) for name, value in model.items()}
    chunks = (_unit_images(*networks, arrays, z[i : i + DRAWN]) for i in range(0, len(z), DRAWN))
    return np.concatenate([from_unit(chunk) for chunk in chunks])


def draw(
    model: Model, settings: GeneratorSettings, shape: tuple[int, ...], count: int, seed: int
) -> np.ndarray:
    """`count` images from a trained generator, uint8 [count, h, w, c]."""
    configure()
    return generate(model, settings, shape, latents("samples", count, settings.latent, seed))


def _trained_autoencoder(
    job: Job[GeneratorSettings], autoencoder: Autoencoder, images: np.ndarray
) -> Arrays:
    """Weights of the autoencoder; kept in a checkpoint of its own until the run has ended."""
    settings, own = job.settings, job.checkpoint
    if settings.autoencoder_data is not None:
        other = Subset.load(settings.autoencoder_data)
        if other.data.shape[1:] != job.subset.data.shape[1:]:
            raise InputError(
                f"{settings.autoencoder_data}: its images have the shape "
                f"{list(other.data.shape[1:])}, but the training images have "
                f"{list(job.subset.data.shape[1:])}: choose a subset of the same dataset"
            )
        images = to_unit(other.data, np.float32)
    path = own.path.with_suffix(".autoencoder.npz") if own.path else None
    kept = Checkpoint(path, own.key, own.every)
    return train_autoencoder(autoencoder, images, settings.autoencoder_iterations, job.seed, kept)


def solve(job: Job[GeneratorSettings]) -> Result:
    """Train the generator of Eq. 6 by Adam, one step a batch.

    Raises:
        InputError: the autoencoder's data are of another shape, or Algorithm 1 finds no lambda.
    """
    settings, n = job.settings, len(job.subset.data)
    shape, used = job.subset.data.shape[1:], settings.rows(n)
    side = shape[0]
    configure()
    generator, autoencoder = _networks(settings, shape)
    images = to_unit(job.subset.data, np.float32)
    code_weights: Arrays = {}
    if autoencoder is not None:
        code_weights = _trained_autoencoder(job, autoencoder, images)
        real = jax.jit(autoencoder.encode)(code_weights, images)
        discriminators = Discriminators.of(settings, side, (None,), used)
    else:
        # Generators with tanh speak [-1, 1]: so does the discriminator then, as when released.
        black = -1.0 if generator.output == "tanh" else 0.0
        real = jnp.asarray((1 - black) * images + black)
        discriminators = Discriminators.of(settings, side, (side,), used, black)
    dtype = jnp.dtype(settings.precision)
    start = generator.initial(stream("generator", job.seed, job.part))

    def first() -> jax.Array:
        noise = latents("lambda", used[1], settings.latent, job.seed)
        return generator.apply(start, noise)[0].astype(dtype)

    held = discriminators.hold(real.astype(dtype), first)
    keys = run_keys(job.seed, job.part)

    def loss(
        sure: bool, weights: Arrays, iteration: jax.Array, constants: tuple[Held, Keys]
    ) -> jax.Array:
        held, keys = constants
        batches, changes = keys.of(iteration)
        rows_key, noise_key = jax.random.split(batches)
        chosen = jax.random.permutation(rows_key, n)[: used[0]]
        z = jax.random.normal(noise_key, (used[1], settings.latent), jnp.float32)
        generated = generator.apply(weights, z)[0].astype(dtype)
        return discriminators.loss(held, chosen, generated, changes, sure)

    calibration = latents("calibration", DRAWN, settings.latent, job.seed)
    shown = latents("snapshots", settings.snapshot_size(n), settings.latent, job.seed, job.part)

    @jax.jit
    def statistics(weights: Arrays) -> Arrays:
        return generator.apply(weights, calibration)[1]

    def model_of(weights: Arrays) -> Arrays:
        model: Arrays = weights | statistics(weights) | code_weights
        return model

    descent = descend(
        partial(loss, True),
        start,
        (held, keys),
        settings,
        job.checkpoint,
        render=lambda weights: from_unit(
            _unit_images(generator, autoencoder, model_of(weights), shown)
        ),
        quick=partial(loss, False),
    )
    model = {name: np.asarray(value) for name, value in model_of(descent.parameters).items()}
    samples = draw(model, settings, shape, job.samples, integer_seed("draw", job.seed, job.part))
    details = {
        "lambda": float(held.lams[0]),
        "kernel_rows": sum(used),
        "generator_parameters": sum(x.size for x in jax.tree.leaves(start)),
        "kernels": [kernel.record for kernel in discriminators.kernels],
    }
    return descent.result(samples, details, model)
