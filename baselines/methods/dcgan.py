"""DCGAN (Radford et al., 2016): convolutions, batch norm, and the non-saturating loss."""

from typing import TYPE_CHECKING

from baselines.method import adversarial
from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from torch import Tensor

    from baselines.game import Game


class DcganSettings(AdamSettings):
    """DCGAN with the networks of P Tables 3 to 5 and the optimisers of P Table 6."""


def discriminator_loss(real: "Tensor", fake: "Tensor") -> "Tensor":
    """-E[log D(x)] - E[log(1 - D(G(z)))], D a sigmoid of scores [b] (Goodfellow et al., Eq. 1)."""
    from torch.nn.functional import softplus

    return softplus(-real).mean() + softplus(fake).mean()


def generator_loss(fake: "Tensor") -> "Tensor":
    """-E[log D(G(z))], the non-saturating loss (Goodfellow et al., 2014, section 3)."""
    from torch.nn.functional import softplus

    return softplus(-fake).mean()


def game(settings: DcganSettings) -> "Game":
    """The players and losses of DCGAN."""
    from baselines.game import Game, adam, scored_discriminator, scored_generator
    from baselines.networks.choice import paper_networks

    return Game(
        networks=lambda shape: paper_networks(shape, settings),
        discriminator_loss=scored_discriminator(discriminator_loss),
        generator_loss=scored_generator(generator_loss),
        optimiser=adam(settings),
    )


DCGAN = adversarial("dcgan", "DCGAN", DcganSettings, game)
