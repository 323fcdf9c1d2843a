"""The infinitely wide networks of the paper, as data."""

from dataclasses import dataclass
from typing import Literal

SIGMA_W2, SIGMA_B2 = 1.4615, 0.1
"""Variances of weights and biases in every layer of the released code (its paper names none)."""


@dataclass(frozen=True)
class Architecture:
    """Convolutions 4 x 4 with stride 2 and zero padding ('SAME'), Flatten, hidden dense layers,
    one dense output; an activation after every layer but the output; NTK parametrisation.

    convs: number of convolutions; 0 is a fully connected network on the flattened image.
    dense: number of hidden dense layers.
    sigma_w2, sigma_b2: variances of weights (before division by the fan-in) and biases.
    """

    convs: int
    dense: int
    activation: Literal["relu", "erf"] = "relu"
    sigma_w2: float = SIGMA_W2
    sigma_b2: float = SIGMA_B2


CONVOLUTIONAL = {
    28: (2, 1),  # MNIST, Table 3
    32: (3, 0),  # CIFAR-10, Table 4
    64: (4, 0),  # CelebA, Table 5, and the medium discriminator of Table 8
    16: (2, 0),  # the small discriminator of Table 8
    14: (2, 0),  # MNIST at half resolution: as the small discriminator
    128: (5, 0),  # ImageNet: between the medium and the large discriminator
    256: (6, 0),  # CelebA-HQ: the large discriminator of Table 8
}
"""Image side -> (convolutions, hidden dense layers) of the paper's discriminators."""


def convolutional(side: int, activation: Literal["relu", "erf"] = "relu") -> Architecture:
    """The paper's discriminator for side x side images (Tables 3, 4, 5 and 8).

    A side that the paper does not use gets one convolution a halving down to 4 x 4 (at least
    one), which is the rule behind the paper's own.
    """
    if side in CONVOLUTIONAL:
        convs, dense = CONVOLUTIONAL[side]
    else:
        convs, dense = max(1, (side - 1).bit_length() - 2), 0
    return Architecture(convs, dense, activation)


def fully_connected(activation: Literal["relu", "erf"] = "relu") -> Architecture:
    """Three dense layers, the output included (P section 4; released code)."""
    return Architecture(0, 2, activation)
