"""LSGAN (Mao et al., 2017): least squares towards the labels 0 and 1."""

from typing import TYPE_CHECKING

from baselines.method import adversarial
from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from torch import Tensor

    from baselines.game import Game


class LsganSettings(AdamSettings):
    """LSGAN with the networks of P Tables 3 to 5 and the optimisers of P Table 6."""


def discriminator_loss(real: "Tensor", fake: "Tensor") -> "Tensor":
    """(E[(D(x) - 1)^2] + E[D(G(z))^2]) / 2 of scores [b] (Mao et al., Eq. 9, a = 0, b = c = 1)."""
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def generator_loss(fake: "Tensor") -> "Tensor":
    """E[(D(G(z)) - 1)^2] / 2 of scores [b] (Mao et al., Eq. 9)."""
    return (fake - 1).square().mean() / 2


def game(settings: LsganSettings, shape: tuple[int, ...]) -> "Game":
    """The players and losses of LSGAN."""
    from baselines.game import Game, adam, scored_discriminator, scored_generator
    from baselines.networks.choice import paper_networks

    return Game(
        networks=lambda: paper_networks(shape, settings),
        discriminator_loss=scored_discriminator(discriminator_loss),
        generator_loss=scored_generator(generator_loss),
        optimiser_d=adam(settings),
        optimiser_g=adam(settings),
    )


LSGAN = adversarial("lsgan", "LSGAN", LsganSettings, game)
