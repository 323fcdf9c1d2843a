"""The logistic losses of Goodfellow et al. (2014), which several methods share."""

from torch import Tensor
from torch.nn.functional import softplus


def logistic(real: Tensor, fake: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], D the sigmoid of the scores [b] (their Eq. 1)."""
    return softplus(-real).mean() + softplus(fake).mean()


def minimax(fake: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))] of the scores [b]: the generator's side of the same Eq. 1."""
    return -softplus(fake).mean()


def non_saturating(fake: Tensor) -> Tensor:
    """-E[log D(G(z))] of the scores [b]: what they train the generator with (their section 3)."""
    return softplus(-fake).mean()
