"""The discriminators of GA-NTK: from real and generated rows to a loss, with lambda chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gantk.blocking import BLOCKINGS, blocking_on
from gantk.descent.augment import augment
from gantk.dynamics.closed_form import labels, regularise, search_lambda
from gantk.dynamics.objectives import OBJECTIVES
from gantk.images import average_pool
from gantk.kernel.architecture import Architecture, architecture
from gantk.kernel.gram import Kernel
from gantk.kernel.peer import PeerKernel
from gantk.settings import DiscriminatorSettings


def make_kernel(
    settings: DiscriminatorSettings, architecture: Architecture, side: int, rows: int
) -> Kernel | PeerKernel:
    """The kernel that the settings name.

    side: side length of the images (any for points). rows: generated rows of an iteration. Both
    decide the blocking only.
    """
    if settings.kernel == "neural-tangents":
        return PeerKernel(architecture)
    return Kernel.on_all_devices(architecture, side, rows, settings.blocking)


def released_lambda(rate: float, rows: int) -> float:
    """lambda of the released code: learning rate 0.01, 65,536 steps, and 2 label columns."""
    return 0.01 * 65536 * rate / (2 * rows)


def gram_loss(
    settings: DiscriminatorSettings, real: int, generated: int, sure: bool = True
) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """(K of real rows then generated ones, lambda) -> loss, a float64 scalar.

    sure: see `gantk.dynamics.exponential.either`.
    """
    objective = OBJECTIVES[settings.objective]
    y = jnp.asarray(labels(real, generated, objective.negative))
    residual = BLOCKINGS[blocking_on(settings.blocking)].residual

    def loss(gram: jax.Array, lam: jax.Array) -> jax.Array:
        rest = residual(regularise(gram, settings.diag_reg), lam, y, sure)
        return objective.loss(y, rest)

    return loss


class Held(NamedTuple):
    """The arrays of a descent that the discriminators' loss needs, kept out of the program.

    real: for each discriminator, what its kernel needs of the real rows. With augmentation, which
        changes these in every iteration, one entry: the rows themselves.
    lams: lambda of each, float64 scalars.
    """

    real: list[Any]
    lams: list[jax.Array]


@dataclass(frozen=True)
class Discriminators:
    """One or several discriminators of the same rows, in equal weight.

    settings: their common settings.
    kernels: one for each discriminator.
    factors: for each, the side of the squares of pixels that are averaged (Eq. 7); 1 for none.
    rows: real and generated rows of an iteration.
    black: value of black pixels, for augmentation.
    """

    settings: DiscriminatorSettings
    kernels: tuple[Kernel | PeerKernel, ...]
    factors: tuple[int, ...]
    rows: tuple[int, int]
    black: float = 0.0

    @staticmethod
    def of(
        settings: DiscriminatorSettings,
        side: int,
        seen: Sequence[int | None],
        rows: tuple[int, int],
        black: float = 0.0,
    ) -> "Discriminators":
        """A discriminator for every entry of `seen`, of images of `side` pixels or of points.

        seen: the side of the images that a convolutional one sees; None for a fully connected one,
            which sees the rows as they are.
        """
        kernels = tuple(
            make_kernel(settings, architecture(settings, s), s or side, rows[1]) for s in seen
        )
        factors = tuple(side // (s or side) for s in seen)
        return Discriminators(settings, kernels, factors, rows, black)

    def hold(self, real: jax.Array, noise: Callable[[], jax.Array]) -> Held:
        """Prepare for a descent, lambda included.

        real: every real row. noise: makes as many generated rows as an iteration uses, for
        Algorithm 1.

        Raises:
            InputError: Algorithm 1 finds no lambda.
        """
        settings, (used, generated) = self.settings, self.rows
        held, lams = [], []
        for kernel, factor in zip(self.kernels, self.factors, strict=True):
            held.append(jax.jit(kernel.fixed)(average_pool(real, factor)))
            if settings.lam == "released-code":
                lams.append(released_lambda(settings.rate, used + generated))
            elif settings.lam == "algorithm-1":
                first = held[-1].take(jnp.arange(used))
                gram = jax.jit(kernel.joint)(first, average_pool(noise(), factor))
                ridged = np.asarray(regularise(gram, settings.diag_reg))
                lams.append(search_lambda(ridged, used, settings.separation))
            else:
                lams.append(settings.lam)
        return Held([real] if settings.augment else held, [jnp.float64(lam) for lam in lams])

    def _used(
        self, held: Held, chosen: jax.Array | None, generated: jax.Array, key: jax.Array
    ) -> tuple[list[Any], jax.Array]:
        """What the kernels take of the chosen real rows, and the generated rows, both augmented."""
        names = self.settings.augment
        if not names:
            return [real if chosen is None else real.take(chosen) for real in held.real], generated
        first, second = jax.random.split(key)
        real = held.real[0] if chosen is None else held.real[0][chosen]
        real = augment(first, real, names, self.black)
        fixed = [
            kernel.fixed(average_pool(real, factor))
            for kernel, factor in zip(self.kernels, self.factors, strict=True)
        ]
        return fixed, augment(second, generated, names, self.black)

    def loss(
        self,
        held: Held,
        chosen: jax.Array | None,
        generated: jax.Array,
        key: jax.Array,
        sure: bool = True,
    ) -> jax.Array:
        """The sum of the discriminators' losses, a float64 scalar.

        chosen: positions of the real rows that are used; None for all. key: random key of the
        augmentation. sure: see `gantk.dynamics.exponential.either`.
        """
        used, generated = self._used(held, chosen, generated, key)
        loss_of = gram_loss(self.settings, *self.rows, sure)
        total = jnp.zeros((), jnp.float64)
        for kernel, factor, real, lam in zip(
            self.kernels, self.factors, used, held.lams, strict=True
        ):
            total += loss_of(kernel.joint(real, average_pool(generated, factor)), lam)
        return total
