"""The paper's convolutional networks for images, after InfoGAN (GA-NTK paper, Tables 3, 4 and 5).

Images are squares with a side of `baselines.sides.SIDES`. 28 x 28 is Table 3, 32 x 32 Table 4 and
64 x 64 Table 5; the other sides continue the pattern of Tables 4 and 5. Every convolution is 4 x 4
with stride 2 and padding 1: it halves each side, and a transposed one doubles it. Batch norm stands
between a layer and its activation; a layer with batch norm has no bias of its own.
"""

from torch import nn


def _initialise(network: nn.Sequential, weight_std: float | None) -> nn.Sequential:
    """Weights from N(0, weight_std^2) and zero biases; None leaves PyTorch's fan-in rule."""
    if weight_std is None:
        return network
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.normal_(module.weight, std=weight_std)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def scaled(channels: int, width: float) -> int:
    """Channels or units of a layer that the tables give `channels`, in a network of this width."""
    return max(1, round(channels * width))


def generator(
    shape: tuple[int, ...], latent: int, weight_std: float | None, width: float = 1.0
) -> nn.Sequential:
    """Latents [b, latent] -> images [b, C, H, W]: grey by sigmoid, colour by tanh.

    width: see `scaled`.
    """
    side, _, channels = shape

    def dense(inputs: int, outputs: int) -> list[nn.Module]:
        return [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]

    def deconv(inputs: int, outputs: int, norm: bool) -> list[nn.Module]:
        layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=not norm)
        return [layer, *([nn.BatchNorm2d(outputs)] if norm else []), nn.ReLU()]

    if side == 28:
        units, first, last = scaled(1024, width), scaled(128, width), scaled(64, width)
        layers = [
            *dense(latent, units),
            *dense(units, 7 * 7 * first),
            nn.Unflatten(1, (first, 7, 7)),
            *deconv(first, last, norm=True),
        ]
    else:
        last, inner = scaled(448, width), side // 4
        layers = [*dense(latent, 2 * 2 * last), nn.Unflatten(1, (last, 2, 2))]
        for number in range(inner.bit_length() - 1):
            outputs = scaled(max(256 >> number, 16), width)
            layers += deconv(last, outputs, norm=number == 0)
            last = outputs
    layers += [
        nn.ConvTranspose2d(last, channels, 4, 2, 1),
        nn.Sigmoid() if channels == 1 else nn.Tanh(),
    ]
    return _initialise(nn.Sequential(*layers), weight_std)


def discriminator(
    shape: tuple[int, ...],
    leak: float,
    weight_std: float | None,
    *,
    batch_norm: bool,
    dense_norm: bool,
    width: float = 1.0,
) -> nn.Sequential:
    """Images [b, C, H, W] -> scores [b].

    batch_norm: after convolutions, where the tables have it; layers without it keep their biases.
    dense_norm: batch norm in the dense layer of Table 3 too, as the table has it. It subtracts the
        mean of each batch just before the score. Real and generated rows are separate batches, so
        most of their difference is lost, and the generator learns slowly.
    width: see `scaled`.
    """
    side, _, channels = shape

    def block(bare: nn.Module, norm: nn.Module | None) -> list[nn.Module]:
        return [bare, *([norm] if norm else []), nn.LeakyReLU(leak)]

    tables = [64, 128] if side == 28 else [min(64 << i, 256) for i in range(side.bit_length() - 3)]
    layers: list[nn.Module] = []
    inputs = channels
    for number, outputs in enumerate(scaled(one, width) for one in tables):
        norm = nn.BatchNorm2d(outputs) if batch_norm and number > 0 else None
        layers += block(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=norm is None), norm)
        inputs = outputs
        side //= 2
    layers += [nn.Flatten()]
    features = inputs * side * side
    if side == 7:
        units = scaled(1024, width)
        dense = nn.BatchNorm1d(units) if batch_norm and dense_norm else None
        layers += block(nn.Linear(features, units, bias=dense is None), dense)
        features = units
    layers += [nn.Linear(features, 1), nn.Flatten(0)]
    return _initialise(nn.Sequential(*layers), weight_std)
