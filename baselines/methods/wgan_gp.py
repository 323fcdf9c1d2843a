"""WGAN-GP (Gulrajani et al., 2017): Wasserstein distance by a critic with a gradient penalty."""

from typing import TYPE_CHECKING

from pydantic import Field, PositiveFloat, PositiveInt

from baselines.game import Game, paper_game, scored, scored_generator
from baselines.method import adversarial
from baselines.settings import AdamSettings

if TYPE_CHECKING:
    from torch import Tensor, nn


class WganGpSettings(AdamSettings):
    """WGAN-GP: networks of GA-NTK's Tables 3 to 5, no batch norm in the critic (section 8.1)."""

    n_dis: PositiveInt = 5
    """critic steps before each generator update [steps]"""
    learning_rate: PositiveFloat = 1e-4
    """learning rate of both optimisers (GA-NTK paper, Table 6)"""
    beta2: float = Field(0.9, ge=0, lt=1)
    """decay of Adam's second moment (GA-NTK paper, Table 6)"""
    batch_norm: bool = False
    """whether the critic for images has batch norm; the paper has none, since the penalty is
    computed for each row alone (section 8.1)"""
    penalty: PositiveFloat = 10.0
    """weight of the gradient penalty (Gulrajani et al., section 4)"""


def gradient_penalty(critic: "nn.Module", real: "Tensor", fake: "Tensor") -> "Tensor":
    """E[(|grad f(x^)| - 1)^2], x^ uniform on the line from a generated to a real row.

    real, fake: [b, ...]; the norm is over all but the first axis (Gulrajani et al., Eq. 3).
    """
    import torch

    share = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    between = (fake + share * (real - fake)).requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def game(settings: WganGpSettings, shape: tuple[int, ...]) -> Game:
    """The players and losses of WGAN-GP."""
    from baselines import losses

    distance = scored(losses.wasserstein)

    def penalised(critic: "nn.Module", real: "Tensor", fake: "Tensor") -> "Tensor":
        penalty = gradient_penalty(critic, real, fake)
        return distance(critic, real, fake) + settings.penalty * penalty

    return paper_game(settings, shape, penalised, scored_generator(losses.negative_score))


WGAN_GP = adversarial(
    "wgan-gp",
    "WGAN-GP",
    WganGpSettings,
    game,
    references=(
        ("Gulrajani et al., 2017", "Algorithm 1", "https://arxiv.org/abs/1704.00028"),
        ("Zhang et al., 2022 (GA-NTK)", "Tables 3 to 6", "https://arxiv.org/abs/2204.04090"),
    ),
)
