"""The first GAN (Goodfellow et al., 2014), "vanilla" in the GA-NTK paper's Figs. 4 and 10."""

from typing import Literal

from baselines.game import Game, paper_game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import AdamSettings


class VanillaSettings(AdamSettings):
    """The first GAN. GA-NTK's Table 6 does not list it: its optimisers are DCGAN's.

    On images the networks are those of GA-NTK's Tables 3 to 5 too. So with the default loss it is
    DCGAN; the two differ by the loss `minimax`.
    """

    loss: Literal["non-saturating", "minimax"] = "non-saturating"
    """loss of the generator: -log D(G(z)), which the authors trained with, or minimax, as in their
    Eq. 1"""


def game(settings: VanillaSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of the first GAN."""
    from baselines import losses

    loss = losses.minimax if settings.loss == "minimax" else losses.non_saturating
    return paper_game(settings, shape, scored(losses.logistic), scored_generator(loss))


GAN = adversarial(
    "gan",
    "GAN",
    VanillaSettings,
    game,
    references=(
        ("Goodfellow et al., 2014", "section 3", "https://arxiv.org/abs/1406.2661"),
        ("Zhang et al., 2022 (GA-NTK)", "Figs. 4 and 10", "https://arxiv.org/abs/2204.04090"),
    ),
)
