"""GA-NTK without a generator on the full training set: Eq. 4 by gradient descent on the rows."""

from typing import Literal

import jax
import jax.numpy as jnp

from gantk.architecture import convolutional, fully_connected
from gantk.backend import configure, device_name
from gantk.descent import descend
from gantk.discriminator import choose_lambda, gram_loss
from gantk.gram import Kernel
from gantk.images import from_unit, initial_rows, to_unit
from gantk.settings import DiscriminatorSettings
from suite.errors import InputError
from suite.method import Job, Result


def solve(job: Job, network: Literal["convolutional", "fully-connected"]) -> Result:
    """Move as many random rows as the subset has, until the discriminator takes them for real.

    Raises:
        InputError: a convolutional network is asked for points, or for images that are not square.
    """
    settings: DiscriminatorSettings = job.settings
    configure()
    shape = job.subset.data.shape
    if network == "fully-connected":
        architecture = fully_connected(settings.activation)
    elif len(shape) == 4 and shape[1] == shape[2]:
        architecture = convolutional(shape[1], settings.activation)
    else:
        raise InputError(
            f"{job.subset.dataset}: a convolutional kernel needs square images, not rows of shape "
            f"{list(shape[1:])}: use ga-fntk, or crop the images"
        )
    kernel = Kernel.on_all_devices(architecture)
    dtype = jnp.dtype(settings.precision)
    real = jnp.asarray(to_unit(job.subset.data, dtype))
    start = jnp.asarray(initial_rows(settings.start, shape, job.seed, job.part), dtype)
    gram_real = jax.jit(kernel.gram)(real)
    gram_start = jax.jit(kernel.joint)(real, gram_real, start)
    lam = choose_lambda(settings, gram_start, len(real))
    loss_of = gram_loss(settings, len(real), len(start))

    def loss(rows: jax.Array, iteration: jax.Array, constants: tuple) -> jax.Array:
        real, gram_real, lam = constants
        return loss_of(kernel.joint(real, gram_real, rows), lam)

    images = len(shape) == 4
    descent = descend(
        loss,
        start,
        (real, gram_real, jnp.float64(lam)),
        settings,
        job.checkpoint,
        render=from_unit,
        # Pixels have a range (the released code clips to it); points have none.
        project=lambda rows: jnp.clip(rows, 0, 1) if images else rows,
    )
    return Result(
        from_unit(descent.parameters),
        descent.trajectory,
        descent.history,
        descent.stop_reason,
        descent.compile_seconds,
        device_name(),
        {"lambda": lam, "best_iteration": descent.best_iteration, "tile": kernel.tile},
    )
