"""What sets one adversarial method apart from another, as the shared training loop sees it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from baselines.settings import AdamSettings

MakeOptimiser = Callable[[Iterable[nn.Parameter]], Optimizer]
Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
"""(discriminator, real rows, generated rows) -> scalar to minimise."""


@dataclass(frozen=True)
class Lazy:
    """A penalty with steps of its own, fewer than the loss has (Karras et al., 2020, appendix B).

    every: steps of the player's loss for each step of the penalty.
    loss: (player, its input) -> scalar. The input is real rows for the discriminator, latents
        for the generator. `every` is part of the weight, so that rare steps weigh as much.
    """

    every: int
    loss: Callable[[Any, Tensor], Tensor]


@dataclass(frozen=True)
class Game:
    """The two players and their losses.

    networks: makes the generator (latents [b, latent] -> rows) and the discriminator
        (rows -> scores [b], unbounded). Rows are float [b, C, H, W] or [b, 2].
    discriminator_loss: the gradient goes to the discriminator; the generated rows have none.
    generator_loss: the gradient goes through the generated rows to the generator. The real rows
        are those of the discriminator's last step.
    optimiser_d, optimiser_g: parameters -> optimiser of that player.
    constrain: what is done to the discriminator after each of its steps.
    lazy_d, lazy_g: penalties beside the losses.

    Where rows are augmented, both losses and lazy_d get them augmented, once.
    """

    networks: Callable[[], tuple[nn.Module, nn.Module]]
    discriminator_loss: Loss
    generator_loss: Loss
    optimiser_d: MakeOptimiser
    optimiser_g: MakeOptimiser
    constrain: Callable[[nn.Module], None] | None = None
    lazy_d: Lazy | None = None
    lazy_g: Lazy | None = None


def adam(settings: AdamSettings, lazy_every: int | None = None) -> MakeOptimiser:
    """Adam as the settings say.

    lazy_every: the player also takes a `Lazy` step every so many steps. Learning rate and decays
        are then those that c = every / (every + 1) of a step asks for (Karras et al., 2020,
        appendix B): c times the rate, and each decay to the power c.
    """
    share = 1.0 if lazy_every is None else lazy_every / (lazy_every + 1)
    betas = (settings.beta1**share, settings.beta2**share)
    # Fused: one pass over the parameters where the plain loop takes ten, which counts on a CPU.
    return lambda parameters: Adam(
        parameters, lr=settings.learning_rate * share, betas=betas, fused=True
    )


def scored(loss: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The loss of a player from one of the real and the generated scores.

    Real and generated rows pass apart, so that batch norm takes their statistics apart.
    """
    return lambda discriminator, real, fake: loss(
        discriminator(real).float(), discriminator(fake).float()
    )


def scored_generator(loss: Callable[[Tensor], Tensor]) -> Loss:
    """The loss of the generator from one of the generated scores alone."""
    return lambda discriminator, _, fake: loss(discriminator(fake).float())
