"""The losses of both players, as functions of the discriminator's unbounded scores [b].

A discriminator's loss takes the scores of real and of generated rows, a generator's loss only those
of generated rows; `relativistic_average` serves both players. All losses are minimised.
"""

from torch import Tensor
from torch.nn.functional import softplus


def logistic(real: Tensor, fake: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], D the sigmoid (Goodfellow et al., 2014, Eq. 1).

    >>> import torch
    >>> round(float(logistic(torch.zeros(4), torch.zeros(4))), 4)  # 2 log 2: no difference
    1.3863
    """
    return softplus(-real).mean() + softplus(fake).mean()


def minimax(fake: Tensor) -> Tensor:
    """E[log(1 - D(G(z)))], the generator's side of the same Eq. 1."""
    return -softplus(fake).mean()


def non_saturating(fake: Tensor) -> Tensor:
    """-E[log D(G(z))], which Goodfellow et al. (2014, section 3) train the generator with.

    >>> import torch
    >>> round(float(non_saturating(torch.zeros(4))), 4)  # log 2
    0.6931
    """
    return softplus(-fake).mean()


def least_squares(real: Tensor, fake: Tensor) -> Tensor:
    """(E[(D(x) - 1)^2] + E[D(G(z))^2]) / 2 (Mao et al., 2017, Eq. 9, a = 0, b = c = 1).

    >>> import torch
    >>> float(least_squares(real=torch.ones(4), fake=torch.zeros(4)))
    0.0
    """
    return ((real - 1).square().mean() + fake.square().mean()) / 2


def least_squares_to_real(fake: Tensor) -> Tensor:
    """E[(D(G(z)) - 1)^2] / 2 (Mao et al., 2017, Eq. 9)."""
    return (fake - 1).square().mean() / 2


def relativistic_average(real: Tensor, fake: Tensor) -> Tensor:
    """-E[log s(C(x) - E[C(G(z))])] - E[log(1 - s(C(G(z)) - E[C(x)]))], s the sigmoid.

    A row counts as real by how far its score C lies above the mean of the other kind
    (Jolicoeur-Martineau, 2019). The generator's loss exchanges real and generated rows.

    >>> import torch
    >>> apart = relativistic_average(real=torch.full((4,), 5.0), fake=torch.full((4,), 2.0))
    >>> round(float(apart), 4)  # 2 log(1 + e^-3), wherever the scores lie
    0.0972
    """
    return logistic(real - fake.mean(), fake - real.mean())


def wasserstein(real: Tensor, fake: Tensor) -> Tensor:
    """E[f(G(z))] - E[f(x)], minus the estimate of the distance (Arjovsky et al., 2017, Eq. 3).

    >>> import torch
    >>> float(wasserstein(real=torch.full((4,), 3.0), fake=torch.ones(4)))
    -2.0
    """
    return fake.mean() - real.mean()


def hinge(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))] (Miyato et al., 2018, Eq. 16).

    >>> import torch
    >>> float(hinge(torch.tensor([2.0, 0.5]), torch.tensor([-2.0, -1.0])))
    0.25
    """
    return (1 - real).relu().mean() + (1 + fake).relu().mean()


def negative_score(fake: Tensor) -> Tensor:
    """-E[D(G(z))] (Arjovsky et al., Algorithm 1, line 10; Miyato et al., 2018, Eq. 17)."""
    return -fake.mean()
