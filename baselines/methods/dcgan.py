"""DCGAN (Radford et al., 2016): convolutions, batch norm, and the non-saturating loss."""

from baselines.game import Game, paper_game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import AdamSettings


class DcganSettings(AdamSettings):
    """DCGAN with GA-NTK's networks (Tables 3 to 5) and optimisers (Table 6)."""


def game(settings: DcganSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of DCGAN."""
    from baselines import losses

    return paper_game(
        settings, shape, scored(losses.logistic), scored_generator(losses.non_saturating)
    )


DCGAN = adversarial(
    "dcgan",
    "DCGAN",
    DcganSettings,
    game,
    references=(
        ("Radford et al., 2016", "section 3", "https://arxiv.org/abs/1511.06434"),
        ("Zhang et al., 2022 (GA-NTK)", "Tables 3 to 6", "https://arxiv.org/abs/2204.04090"),
    ),
)
