"""Points that follow a kernel discriminator: GAN(TK)^2 and GA-NTK as one family.

f_t = sum_j w_j(t) k(., s_j) over the 2n rows s, real and generated (`gantk.gantk2.rules`). A member
of the family is a kernel, a rule for w, a loss c(f) with the rows that it is computed on, and
whether the gradient goes through the training:

                       rule                     scored      c(f)             through
GAN(TK)^2              ipm, squares, logistic   generated   as the rule's    no
GA-NTK, cross_entropy  squares, lambda = 2t/n   all         non_saturating   yes

Without `through` the generated rows move as particles of the Wasserstein gradient flow of
E c(f_t) with f_t held (Franceschi et al., 2022, "A Neural Tangent Kernel Perspective of GANs").
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gantk.backend import configure
from gantk.descent.loop import descend
from gantk.dynamics.closed_form import labels
from gantk.dynamics.objectives import POINT_OBJECTIVES
from gantk.gantk2.frozen import frozen_scores
from gantk.gantk2.rules import LEAST_STEPS, logistic_steps, trained, weights
from gantk.gantk2.settings import FlowSettings, InfiniteSettings, check_start
from gantk.images import from_unit, to_unit
from gantk.kernel.architecture import Architecture
from gantk.kernel.gram import Kernel
from gantk.kernel.radial import RadialKernel
from suite.protocol.artefacts import digest_of
from suite.protocol.method import Job, Result
from suite.protocol.seeds import stream


def to_signed(data: np.ndarray, dtype: Any) -> np.ndarray:
    """uint8 images to [-1, 1]; points as they are."""
    unit = to_unit(data, dtype)
    return 2 * unit - 1 if data.dtype == np.uint8 else unit


def from_signed(rows: Any) -> np.ndarray:
    """Rows [n, H, W, C] to uint8 images, cut off at -1 and 1; points [n, 2] to float32."""
    values = np.asarray(rows)
    return from_unit(values if values.ndim == 2 else (values + 1) / 2)


def start_rows(job: Job[Any]) -> tuple[np.ndarray, dict[str, Any]]:
    """The generated rows at the start, and their entry in run.json."""
    shape = job.subset.data.shape
    given = check_start(job.settings, shape[1:], shape[0])
    if given is None:
        return stream("flow", job.seed, job.part).standard_normal(shape), {}
    return to_signed(given, np.float64), {"start_digest": digest_of(given)}


def architecture_of(settings: FlowSettings) -> Architecture:
    """The network of the settings; networks of finite width have no convolutions."""
    convs = settings.convs if isinstance(settings, InfiniteSettings) else 0
    return Architecture.of(settings, convs, 3)


@dataclass(frozen=True)
class KernelDiscriminator:
    """A discriminator of infinite width.

    kernel: k. steps: of the logistic flow.
    """

    settings: InfiniteSettings
    kernel: Kernel | RadialKernel
    steps: int = LEAST_STEPS

    @staticmethod
    def of(settings: InfiniteSettings, side: int, rows: int) -> "KernelDiscriminator":
        """The discriminator of the settings. side, rows: see `make_kernel` of GA-NTK."""
        if settings.kernel == "rbf":
            return KernelDiscriminator(settings, RadialKernel())
        network = architecture_of(settings)
        return KernelDiscriminator(settings, Kernel.on_all_devices(network, side, rows))

    @property
    def record(self) -> dict[str, Any]:
        """The blocking of the kernel, for run.json."""
        return {"kernels": [self.kernel.record]} if isinstance(self.kernel, Kernel) else {}

    def _held_scores(
        self, real: Any, generated: jax.Array, gram: jax.Array, w: jax.Array
    ) -> jax.Array:
        if isinstance(self.kernel, Kernel):
            return frozen_scores(self.kernel, real, generated, gram, w)
        return self.kernel.scores(real, generated, gram, w)

    def loss(self, real: Any, generated: jax.Array, sure: bool = True) -> jax.Array:
        """Mean of c(f) over the scored rows of each kind, a float64 scalar.

        real: `kernel.fixed` of the n real rows. generated: as many, [n, ...]. sure: see
        `gantk.dynamics.exponential.either`.
        """
        settings, n = self.settings, len(generated)
        objective = POINT_OBJECTIVES[settings.score]
        y = jnp.asarray(labels(n, n, -1.0))
        if settings.through:
            gram = self.kernel.joint(real, generated)
            f = trained(settings.rule, gram, y, settings.time, self.steps, sure)
            scores = f[n:]
        else:
            gram = self.kernel.joint(real, jax.lax.stop_gradient(generated))
            w = weights(settings.rule, gram, y, settings.time, self.steps, sure)
            f = gram.astype(jnp.float64) @ w
            scores = self._held_scores(real, generated, gram, w)
        total = jnp.mean(objective.generated(scores))
        if settings.scored == "all":
            total += jnp.mean(objective.real(f[:n]))
        return total


def prepared(
    settings: InfiniteSettings, real: jax.Array, generated: jax.Array
) -> tuple[KernelDiscriminator, Any]:
    """The discriminator, and what its kernel precomputes from the real rows.

    generated: the rows at the start, as many as real ones. They decide the number of steps of the
        logistic flow.

    Raises:
        InputError: the logistic loss needs too many steps.
    """
    discriminator = KernelDiscriminator.of(settings, real.shape[1], len(generated))
    fixed = jax.jit(discriminator.kernel.fixed)(real)
    if settings.rule == "logistic":
        gram = jax.jit(discriminator.kernel.joint)(fixed, generated)
        steps = logistic_steps(settings.time, float(jnp.diagonal(gram).max()))
        discriminator = replace(discriminator, steps=steps)
    return discriminator, fixed


def solve_infinite(job: Job[InfiniteSettings]) -> Result:
    """Move as many rows as the subset has, against discriminators of infinite width.

    Raises:
        InputError: the rows of `start` do not fit; the logistic loss needs too many steps.
    """
    settings, shape = job.settings, job.subset.data.shape
    configure()
    dtype = jnp.dtype(settings.precision)
    rows, details = start_rows(job)
    start = jnp.asarray(rows, dtype)
    real = jnp.asarray(to_signed(job.subset.data, dtype), dtype)
    discriminator, fixed = prepared(settings, real, start)
    details |= discriminator.record
    clipped = settings.clip and len(shape) == 4

    def loss(sure: bool, rows: jax.Array, _: jax.Array, fixed: Any) -> jax.Array:
        return discriminator.loss(fixed, rows, sure)

    descent = descend(
        partial(loss, True),
        start,
        fixed,
        settings,
        job.checkpoint,
        render=from_signed,
        project=lambda rows: jnp.clip(rows, -1, 1) if clipped else rows,
        title=f"part {job.part}",
        quick=partial(loss, False),
    )
    return descent.result(from_signed(descent.parameters), details)
