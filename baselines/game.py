"""What sets one adversarial method apart from another, as the shared training loop sees it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from baselines.settings import AdamSettings

Shape = tuple[int, ...]
"""Shape of one row: [H, W, C] of an image, or (2,) of a point."""


@dataclass(frozen=True)
class Game:
    """The two players and their losses.

    networks: row shape -> generator (latents [b, latent] -> rows) and discriminator
        (rows -> scores [b], unbounded). Rows are float [b, C, H, W] or [b, 2].
    discriminator_loss: (discriminator, real rows, generated rows) -> scalar to minimise.
    generator_loss: (generator, discriminator, latents) -> scalar to minimise.
    optimiser: parameters -> optimiser of one player.
    """

    networks: Callable[[Shape], tuple[nn.Module, nn.Module]]
    discriminator_loss: Callable[[nn.Module, Tensor, Tensor], Tensor]
    generator_loss: Callable[[nn.Module, nn.Module, Tensor], Tensor]
    optimiser: Callable[[Iterable[nn.Parameter]], Optimizer]


def adam(settings: AdamSettings) -> Callable[[Iterable[nn.Parameter]], Optimizer]:
    """Adam as the settings say, for either player."""
    betas = (settings.beta1, settings.beta2)
    # Fused: one pass over the parameters where the plain loop takes ten, which counts on a CPU.
    return lambda parameters: Adam(parameters, lr=settings.learning_rate, betas=betas, fused=True)


def scored_discriminator(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> Callable[[nn.Module, Tensor, Tensor], Tensor]:
    """The loss of the discriminator from one of the real and the generated scores.

    Real and generated rows pass apart, so that batch norm takes their statistics apart.
    """
    return lambda discriminator, real, fake: loss(discriminator(real), discriminator(fake))


def scored_generator(
    loss: Callable[[Tensor], Tensor],
) -> Callable[[nn.Module, nn.Module, Tensor], Tensor]:
    """The loss of the generator from one of the scores of what it generates."""
    return lambda generator, discriminator, latents: loss(discriminator(generator(latents)))
