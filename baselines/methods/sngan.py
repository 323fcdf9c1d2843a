"""SNGAN (Miyato et al., 2018): a discriminator whose layers have spectral norm 1."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, PositiveFloat, PositiveInt

from baselines.method import adversarial
from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from baselines.game import Game


class SnganSettings(AdamSettings):
    """SNGAN with GA-NTK's networks (Tables 3 to 5) and optimisers (Table 6)."""

    n_dis: PositiveInt = Field(
        5,
        description="discriminator steps before each generator update (paper, Table 6) [steps]",
    )
    learning_rate: PositiveFloat = Field(
        1e-4, description="of both optimisers (GA-NTK paper, Table 6)"
    )
    beta1: float = Field(
        0.9, ge=0, lt=1, description="decay of Adam's first moment (GA-NTK paper, Table 6)"
    )
    loss: Literal["hinge", "logistic"] = Field(
        "hinge", description="Miyato et al., Eqs. 16 and 17, or the non-saturating loss"
    )
    batch_norm: bool = Field(
        False,
        description="in the discriminator for images; GA-NTK's Tables 3 to 5, read literally, "
        "have it beside spectral norm, which loses its bound by that; Miyato et al. have none",
    )


def game(settings: SnganSettings, shape: tuple[int, ...]) -> "Game":
    """The players and losses of SNGAN."""
    from torch.nn.utils.parametrizations import spectral_norm

    from baselines import losses
    from baselines.game import Game, adam, scored, scored_generator
    from baselines.networks.choice import paper_networks

    if settings.loss == "hinge":
        discriminator_loss, generator_loss = losses.hinge, losses.negative_score
    else:
        discriminator_loss, generator_loss = losses.logistic, losses.non_saturating
    return Game(
        networks=lambda: paper_networks(shape, settings, layer=spectral_norm),
        discriminator_loss=scored(discriminator_loss),
        generator_loss=scored_generator(generator_loss),
        optimiser_d=adam(settings),
        optimiser_g=adam(settings),
    )


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
