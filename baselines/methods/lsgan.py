"""LSGAN (Mao et al., 2017): least squares towards the labels 0 and 1."""

from baselines.game import Game, paper_game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import AdamSettings


class LsganSettings(AdamSettings):
    """LSGAN with GA-NTK's networks (Tables 3 to 5) and optimisers (Table 6)."""


def game(settings: LsganSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of LSGAN."""
    from baselines import losses

    generator_loss = scored_generator(losses.least_squares_to_real)
    return paper_game(settings, shape, scored(losses.least_squares), generator_loss)


LSGAN = adversarial(
    "lsgan",
    "LSGAN",
    LsganSettings,
    game,
    references=(
        ("Mao et al., 2017", "section 3", "https://arxiv.org/abs/1611.04076"),
        ("Zhang et al., 2022 (GA-NTK)", "Tables 3 to 6", "https://arxiv.org/abs/2204.04090"),
    ),
)
