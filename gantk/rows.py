"""GA-NTK without a generator: gradient descent on the generated rows themselves.

One solver serves every such variant, since they differ in three choices only: the discriminators
and the resolutions they see (Eq. 7; a single one in Eq. 4), and which rows an iteration uses
(all in Eq. 4; random ones in Eq. 5).
"""

from dataclasses import dataclass
from typing import Literal

import jax
import jax.numpy as jnp

from gantk.architecture import Architecture, convolutional
from gantk.backend import configure, device_name, gpu_memory
from gantk.descent import descend
from gantk.discriminator import choose_lambda, gram_loss, make_kernel
from gantk.images import average_pool, from_unit, initial_rows, to_unit
from gantk.settings import DiscriminatorSettings
from suite.errors import InputError
from suite.method import Job, Result
from suite.seeds import integer_seed


@dataclass(frozen=True)
class Batches:
    """Which rows an iteration uses.

    size: real rows an iteration (the paper's b; its kernel matrix has 2b rows, see the README).
    generated: `sampled` draws as many generated rows (Eq. 5); `all` uses every generated row
        against the sampled real ones, as the released code does.
    """

    size: int
    generated: Literal["sampled", "all"]


def square_side(job: Job) -> int:
    """Side of the subset's images; InputError unless they are square images."""
    shape = job.subset.data.shape
    if len(shape) != 4 or shape[1] != shape[2]:
        raise InputError(
            f"{job.subset.dataset}: a convolutional kernel needs square images, not rows of shape "
            f"{list(shape[1:])}: use ga-fntk, or crop the images"
        )
    return shape[1]


def single_level(job: Job) -> dict[int, Architecture]:
    """The paper's one discriminator at the images' own resolution."""
    side = square_side(job)
    return {side: convolutional(side, job.settings.activation)}


def solve(job: Job, levels: dict[int, Architecture], batches: Batches | None = None) -> Result:
    """Move as many random rows as the subset has, until the discriminators take them for real.

    levels: resolution (side of the images) -> network of the discriminator that works there.
    batches: None uses all rows in every iteration.

    Raises:
        InputError: a batch is larger than the subset.
    """
    settings: DiscriminatorSettings = job.settings
    shape = job.subset.data.shape
    n = len(job.subset.data)
    used = batches.size if batches else n
    if used > n:
        raise InputError(
            f"batch {used}: the subset has {n} rows only: choose a batch of at most {n}"
        )
    used_generated = n if batches is None or batches.generated == "all" else used
    configure()
    dtype = jnp.dtype(settings.precision)
    real = jnp.asarray(to_unit(job.subset.data, dtype))
    start = jnp.asarray(initial_rows(settings.start, shape, job.seed, job.part), dtype)
    factors = [shape[1] // side if len(shape) == 4 else 1 for side in levels]
    kernels = [
        make_kernel(settings, network, shape[1] // f, used_generated)
        for network, f in zip(levels.values(), factors, strict=True)
    ]
    reals, lams = [], []
    for kernel, factor in zip(kernels, factors, strict=True):
        reals.append(jax.jit(kernel.fixed)(average_pool(real, factor)))
        noise = average_pool(start[:used_generated], factor)
        joint = jax.jit(kernel.joint)(reals[-1].take(jnp.arange(used)), noise)
        lams.append(choose_lambda(settings, joint, used))
    loss_of = gram_loss(settings, used, used_generated)
    key = jax.random.key(integer_seed("batches", job.seed, job.part), impl="threefry2x32")

    def loss(rows: jax.Array, iteration: jax.Array, constants: tuple) -> jax.Array:
        reals, lams = constants
        if batches:
            first, second = jax.random.split(jax.random.fold_in(key, iteration))
            chosen = jax.random.permutation(first, n)[:used]
            if batches.generated == "sampled":
                rows = rows[jax.random.permutation(second, n)[:used]]
        total = jnp.float64(0)
        for kernel, factor, fixed, lam in zip(kernels, factors, reals, lams, strict=True):
            used_real = fixed.take(chosen) if batches else fixed
            total += loss_of(kernel.joint(used_real, average_pool(rows, factor)), lam)
        return total

    # Pixels have a range, points have none.
    clipped = settings.clip and len(shape) == 4
    descent = descend(
        loss,
        start,
        (reals, [jnp.float64(lam) for lam in lams]),
        settings,
        job.checkpoint,
        render=from_unit,
        project=lambda rows: jnp.clip(rows, 0, 1) if clipped else rows,
    )
    return Result(
        from_unit(descent.parameters),
        descent.trajectory,
        descent.history,
        descent.stop_reason,
        descent.compile_seconds,
        device_name(),
        {
            "lambda": lams if len(lams) > 1 else lams[0],
            "levels": list(levels),
            "kernel_rows": used + used_generated,
            "best_iteration": descent.best_iteration,
            **gpu_memory(),
        },
    )
