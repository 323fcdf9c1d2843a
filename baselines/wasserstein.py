"""The Wasserstein losses of Arjovsky et al. (2017), by the scores of a Lipschitz critic."""

from torch import Tensor


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """E[f(G(z))] - E[f(x)] of the scores [b]: minus the estimate of the distance (their Eq. 3)."""
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """-E[f(G(z))] of the scores [b] (their Algorithm 1, line 10)."""
    return -fake.mean()
