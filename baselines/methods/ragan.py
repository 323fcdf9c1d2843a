"""The relativistic average GAN (Jolicoeur-Martineau, 2019, arXiv 1807.00734).

With C the discriminator's score and s the sigmoid, the discriminator minimises

    L_D = -E[log s(C(x) - E[C(G(z))])] - E[log(1 - s(C(G(z)) - E[C(x)]))],

the generator the same with real rows x and generated rows G(z) exchanged, so that it lowers the
scores of real rows as well. Expectations are means over the batch; the real rows of the
generator's step are those of the discriminator's last one.
"""

from baselines.game import Game, paper_game, scored
from baselines.method import adversarial
from baselines.settings import AdamSettings


class RaganSettings(AdamSettings):
    """RaGAN with the networks of GA-NTK's Tables 3 to 5; its paper's optimisers are DCGAN's."""


def game(settings: RaganSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of RaGAN."""
    from baselines.losses import relativistic_average

    generator_loss = scored(lambda real, fake: relativistic_average(fake, real))
    return paper_game(settings, shape, scored(relativistic_average), generator_loss)


RAGAN = adversarial(
    "ragan",
    "RaGAN",
    RaganSettings,
    game,
    references=(
        (
            "Jolicoeur-Martineau, 2019",
            "relativistic average GAN",
            "https://arxiv.org/abs/1807.00734",
        ),
    ),
)
