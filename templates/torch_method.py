"""A GAN with a loss of its own, in PyTorch. Copy this file to baselines/methods/, then edit it.

Describe here what the method is, with its paper. `python -m baselines train soft-lsgan` trains it.
All GANs share the training loop, which has the checkpoints, snapshots and early stopping.
"""

# Front ends read this file without PyTorch, so import it inside functions only.
from typing import TYPE_CHECKING

from pydantic import Field

from baselines.game import Game, paper_game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from torch import Tensor


class SoftSettings(AdamSettings):
    """Settings in addition to those of all GANs, each with its unit."""

    target: float = Field(0.9, gt=0, le=1)
    """the score of real rows"""


def game(settings: SoftSettings, shape: tuple[int, ...]) -> Game:
    """The players, their losses and their optimisers, for rows [H, W, C] or points (2,)."""

    def discriminator_loss(real: "Tensor", fake: "Tensor") -> "Tensor":
        return ((real - settings.target).square().mean() + fake.square().mean()) / 2

    def generator_loss(fake: "Tensor") -> "Tensor":
        return (fake - settings.target).square().mean() / 2

    # A loss that needs more than scores (for example a penalty on gradients) is a function of the
    # players and the batch: see wgan_gp.py. For a method with its own networks see stylegan2.py.
    both = scored(discriminator_loss), scored_generator(generator_loss)
    return paper_game(settings, shape, *both)


# The name in configurations, and the title in tables.
SOFT_LSGAN = adversarial(
    "soft-lsgan",
    "Soft LSGAN",
    SoftSettings,
    game,
    references=(("Mao et al., 2017", "section 3", "https://arxiv.org/abs/1611.04076"),),
)
