"""The infinitely wide networks of the paper, and how settings become one."""

from dataclasses import dataclass

from gantk.settings import ArchitectureSettings, ConvolutionalSettings


@dataclass(frozen=True)
class Architecture:
    """Convolutions 4 x 4 with stride 2 and zero padding ('SAME'), Flatten, hidden dense layers,
    one dense output; an activation after every layer but the output; NTK parametrisation.

    convs: number of convolutions; 0 is a fully connected network on the flattened image.
    dense: number of hidden dense layers.
    activation: a name in `gantk.kernel.activation`.
    sigma_w2, sigma_b2: variances of weights (before division by the fan-in) and biases.
    output_bias: whether the output layer has a bias.
    """

    convs: int
    dense: int
    activation: str
    sigma_w2: float
    sigma_b2: float
    output_bias: bool = True

    @staticmethod
    def of(settings: ArchitectureSettings, convs: int, dense: int) -> "Architecture":
        """The network of the settings. dense: its hidden dense layers where they leave it open."""
        return Architecture(
            convs,
            dense if settings.dense is None else settings.dense,
            settings.activation,
            settings.sigma_w2,
            settings.sigma_b2,
            settings.output_bias,
        )


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

FULLY_CONNECTED = (0, 2)
"""Three dense layers, the output included (GA-NTK paper, section 4; released code)."""


def architecture(settings: ArchitectureSettings, side: int | None) -> Architecture:
    """The network that the settings ask for; a depth they leave open is the paper's.

    side: of the square images that a convolutional network sees; None for a fully connected one.
        A side that the paper does not use gets one convolution a halving down to 4 x 4 (at least
        one), which is the rule behind the paper's own.

    >>> network = architecture(ConvolutionalSettings(), 28)  # Table 3
    >>> network.convs, network.dense, network.activation
    (2, 1, 'relu')
    >>> architecture(ConvolutionalSettings(convs=1, dense=0), 28).convs
    1
    """
    if side is None:
        convs, dense = FULLY_CONNECTED
    else:
        convs, dense = CONVOLUTIONAL.get(side, (max(1, (side - 1).bit_length() - 2), 0))
        if isinstance(settings, ConvolutionalSettings) and settings.convs is not None:
            convs = settings.convs
    return Architecture.of(settings, convs, dense)
