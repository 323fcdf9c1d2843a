"""GA-NTK without a generator: gradient descent on the generated rows themselves.

One solver serves all such variants, because they differ only in the discriminators with their
resolutions (several in Eq. 7, one in Eq. 4), and in the rows that an iteration uses (all in Eq. 4,
random ones in Eq. 5).
"""

from functools import lru_cache, partial
from typing import TypeVar

import jax
import jax.numpy as jnp

from gantk.backend import configure
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
    settings: RowSettings, shape: tuple[int, ...], seen: tuple[int | None, ...]
) -> tuple[Discriminators, Loss, Loss]:
    """The discriminators, their loss and the quick one (`gantk.descent.loop.descend`).

    Solutions on subsets of the same shape share them, so their program is compiled once.
    """
    n, side = shape[:2]
    used = settings.rows(n)
    discriminators = Discriminators.of(settings, side, seen, used)

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


def solve(job: Job[D], seen: tuple[int | None, ...] = (None,)) -> Result:
    """Move as many random rows as the subset has, until the discriminators take them for real.

    seen: see `Discriminators.of`.

    Raises:
        InputError: Algorithm 1 finds no lambda.
    """
    settings, shape = job.settings, job.subset.data.shape
    used = settings.rows(len(job.subset.data))
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
    details = {
        "lambda": lams if len(lams) > 1 else lams[0],
        "levels": [side or shape[1] for side in seen],
        "kernel_rows": sum(used),
        "kernels": [kernel.record for kernel in discriminators.kernels],
    }
    return descent.result(from_unit(descent.parameters), details)
