"""What distinguishes the adversarial methods, in the form that their shared loop uses."""

# The modules of methods import this one, and front ends read them where PyTorch is missing.
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    MakeOptimiser = Callable[[Iterable[nn.Parameter]], Optimizer]
    Loss = Callable[[nn.Module, Tensor, Tensor], Tensor]
    """(discriminator, real rows, generated rows) -> scalar to minimise."""


@dataclass(frozen=True)
class Lazy:
    """A penalty with separate and rarer steps than the loss (Karras et al., 2020, appendix B).

    every: steps of the player's loss per step of the penalty.
    loss: (player, its input) -> scalar. The input is real rows for the discriminator, latents
        for the generator. Its weight contains `every` as a factor, to make up for the rarer steps.
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
    constrain: called with the discriminator after each of its steps.
    lazy_d, lazy_g: penalties with steps of their own.

    Both losses and lazy_d get augmented rows where `augment` is set.
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

    lazy_every: `every` of the player's `Lazy` penalty, if it has one. With c = every / (every + 1)
        the learning rate is multiplied by c and each decay is raised to the power c (Karras et al.,
        2020, appendix B).
    """
    from torch.optim import Adam

    share = 1.0 if lazy_every is None else lazy_every / (lazy_every + 1)
    betas = (settings.beta1**share, settings.beta2**share)
    # Fused: one pass over the parameters instead of ten, which is faster on a CPU.
    return lambda parameters: Adam(
        parameters, lr=settings.learning_rate * share, betas=betas, fused=True
    )


def paper_game(
    settings: AdamSettings,
    shape: tuple[int, ...],
    discriminator_loss: Loss,
    generator_loss: Loss,
    layer: Callable[[nn.Module], nn.Module] = lambda layer: layer,
) -> Game:
    """A game of the paper's networks, both trained by Adam (Tables 3 to 6, section 4.2).

    shape: of a row, [H, W, C] or (2,). layer: see `paper_networks`.
    """
    from baselines.networks.choice import paper_networks

    return Game(
        networks=lambda: paper_networks(shape, settings, layer),
        discriminator_loss=discriminator_loss,
        generator_loss=generator_loss,
        optimiser_d=adam(settings),
        optimiser_g=adam(settings),
    )


def scored(loss: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """A player's `Loss` from a loss of the scores of real and of generated rows.

    Real and generated rows are separate batches, so batch norm has separate statistics for them.
    """
    return lambda discriminator, real, fake: loss(
        discriminator(real).float(), discriminator(fake).float()
    )


def scored_generator(loss: Callable[[Tensor], Tensor]) -> Loss:
    """The generator's `Loss` from a loss of the scores of generated rows."""
    return lambda discriminator, _, fake: loss(discriminator(fake).float())
