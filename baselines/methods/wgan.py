"""WGAN (Arjovsky et al., 2017): the Wasserstein distance by a critic with clipped weights."""

from typing import TYPE_CHECKING

from pydantic import PositiveFloat, PositiveInt

from baselines.game import Game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import GanSettings

if TYPE_CHECKING:
    from torch import nn


class WganSettings(GanSettings):
    """WGAN with GA-NTK's networks (Tables 3 to 5) and optimisers (Table 6)."""

    n_dis: PositiveInt = 5
    """critic steps before each generator update [steps]"""
    learning_rate: PositiveFloat = 5e-5
    """learning rate of both RMSProp optimisers (GA-NTK paper, Table 6)"""
    clip: PositiveFloat = 0.01
    """largest absolute weight of the critic (Arjovsky et al., Algorithm 1)"""


def clip_weights(critic: "nn.Module", limit: float) -> None:
    """Clamp every parameter to [-limit, limit] (Arjovsky et al., Algorithm 1, line 7)."""
    for parameter in critic.parameters():
        parameter.data.clamp_(-limit, limit)


def game(settings: WganSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of WGAN."""
    from torch.optim import RMSprop

    from baselines import losses
    from baselines.networks.choice import paper_networks

    return Game(
        networks=lambda: paper_networks(shape, settings),
        discriminator_loss=scored(losses.wasserstein),
        generator_loss=scored_generator(losses.negative_score),
        optimiser_d=lambda parameters: RMSprop(parameters, lr=settings.learning_rate),
        optimiser_g=lambda parameters: RMSprop(parameters, lr=settings.learning_rate),
        constrain=lambda critic: clip_weights(critic, settings.clip),
    )


WGAN = adversarial(
    "wgan",
    "WGAN",
    WganSettings,
    game,
    references=(
        ("Arjovsky et al., 2017", "Algorithm 1", "https://arxiv.org/abs/1701.07875"),
        ("Zhang et al., 2022 (GA-NTK)", "Tables 3 to 6", "https://arxiv.org/abs/2204.04090"),
    ),
)
