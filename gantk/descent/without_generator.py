"""GA-NTK without a generator: gradient descent on the generated rows themselves.

One solver serves every such variant, since they differ in two choices only: the discriminators
and the resolutions they see (Eq. 7; a single one in Eq. 4), and which rows an iteration uses
(all in Eq. 4; random ones in Eq. 5), as the settings say.
"""

from functools import lru_cache, partial
from typing import TypeVar

import jax
import jax.numpy as jnp

from gantk.backend import configure, device_name, gpu_memory
from gantk.checks import check_augmented
from gantk.descent.loop import descend
from gantk.descent.programs import Loss
from gantk.dynamics.discriminator import Discriminators, Held
from gantk.images import from_unit, initial_rows, to_unit
from gantk.keys import Keys, run_keys
from gantk.settings import RowSettings
from suite.protocol.method import Job, Result

D = TypeVar("D", bound=RowSettings)


@lru_cache(maxsize=1)
def _problem(
    settings: RowSettings, shape: tuple[int, ...], seen: tuple[int, ...]
) -> tuple[Discriminators, Loss, Loss]:
    """The discriminators, their loss and the quick one (`gantk.descent.loop.descend`).

    The solutions on subsets of one shape share them, so that their program is compiled once.
    """
    n, side = shape[:2]
    used = settings.rows(n)
    discriminators = (
        Discriminators.of_images(settings, side, seen, used)
        if seen
        else Discriminators.of_rows(settings, side, used)
    )

    def loss(
        sure: bool, rows: jax.Array, iteration: jax.Array, constants: tuple[Held, Keys]
    ) -> jax.Array:
        held, keys = constants
        batches, changes = keys.of(iteration)
        first, second = jax.random.split(batches)
        chosen = None
        if used[0] < n:
            chosen = jax.random.permutation(first, n)[: used[0]]
        if used[1] < n:
            rows = rows[jax.random.permutation(second, n)[: used[1]]]
        return discriminators.loss(held, chosen, rows, changes, sure)

    return discriminators, partial(loss, True), partial(loss, False)


def _to_range(rows: jax.Array) -> jax.Array:
    return jnp.clip(rows, 0, 1)


def _as_they_are(rows: jax.Array) -> jax.Array:
    return rows


def solve(job: Job[D], seen: tuple[int, ...] = ()) -> Result:
    """Move as many random rows as the subset has, until the discriminators take them for real.

    seen: sides of the images that convolutional discriminators see, one each. Without any, one
        fully connected discriminator sees the rows as they are.

    Raises:
        InputError: a batch is larger than the subset, or Algorithm 1 finds no lambda.
    """
    settings, shape = job.settings, job.subset.data.shape
    used = settings.rows(len(job.subset.data))
    check_augmented(settings.augment, shape[1:])
    configure()
    dtype = jnp.dtype(settings.precision)
    real = jnp.asarray(to_unit(job.subset.data, dtype))
    start = jnp.asarray(initial_rows(settings.start, shape, job.seed, job.part), dtype)
    discriminators, loss, quick = _problem(settings, shape, seen)
    held = discriminators.hold(real, lambda: start[: used[1]])
    # Pixels have a range, points have none.
    clipped = settings.clip and len(shape) == 4
    descent = descend(
        loss,
        start,
        (held, run_keys(job.seed, job.part)),
        settings,
        job.checkpoint,
        render=from_unit,
        project=_to_range if clipped else _as_they_are,
        title=f"part {job.part}",
        quick=quick,
    )
    lams = [float(lam) for lam in held.lams]
    return Result(
        from_unit(descent.parameters),
        descent.trajectory,
        descent.history,
        descent.stop_reason,
        descent.compile_seconds,
        device_name(),
        {
            "lambda": lams if len(lams) > 1 else lams[0],
            "levels": list(seen or shape[1:2]),
            "kernel_rows": sum(used),
            "best_iteration": descent.best_iteration,
            "kernels": [kernel.record for kernel in discriminators.kernels],
            **gpu_memory(),
        },
    )
