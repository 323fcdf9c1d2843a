"""SNGAN (Miyato et al., 2018): a discriminator whose layers have spectral norm 1."""

from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt

from baselines.game import Game, paper_game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import AdamSettings


class SnganSettings(AdamSettings):
    """SNGAN with GA-NTK's networks (Tables 3 to 5) and optimisers (Table 6)."""

    n_dis: PositiveInt = 5
    """discriminator steps before each generator update (paper, Table 6) [steps]"""
    learning_rate: PositiveFloat = 1e-4
    """learning rate of both optimisers (GA-NTK paper, Table 6)"""
    beta1: float = Field(0.9, ge=0, lt=1)
    """decay of Adam's first moment (GA-NTK paper, Table 6)"""
    loss: Literal["hinge", "logistic"] = "hinge"
    """hinge (Miyato et al., Eqs. 16 and 17), or logistic with the non-saturating loss of the
    generator"""
    batch_norm: bool = False
    """whether the discriminator for images has batch norm beside spectral norm, as in GA-NTK's
    Tables 3 to 5 read literally; batch norm undoes the bound that spectral norm gives, and Miyato
    et al. have none"""


def game(settings: SnganSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of SNGAN."""
    from torch.nn.utils.parametrizations import spectral_norm

    from baselines import losses

    if settings.loss == "hinge":
        discriminator_loss, generator_loss = losses.hinge, losses.negative_score
    else:
        discriminator_loss, generator_loss = losses.logistic, losses.non_saturating
    both = scored(discriminator_loss), scored_generator(generator_loss)
    return paper_game(settings, shape, *both, layer=spectral_norm)


SNGAN = adversarial(
    "sngan",
    "SNGAN",
    SnganSettings,
    game,
    references=(
        ("Miyato et al., 2018", "section 2", "https://arxiv.org/abs/1802.05957"),
        ("Zhang et al., 2022 (GA-NTK)", "Tables 3 to 6", "https://arxiv.org/abs/2204.04090"),
    ),
)
