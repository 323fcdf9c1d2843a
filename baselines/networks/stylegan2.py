"""StyleGAN2's networks (Karras et al., 2020): style-based skip generator, residual discriminator.

Inside, images are in [-1, 1] (not bounded) and a power of two on a side: 28 x 28 is 32 x 32 with a
border of two, padded with black on the way into the discriminator and cropped on the way out of
the generator. Outside they are as `scaling.to_network` has them: grey in [0, 1], colour in [-1, 1].
"""

import math
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baselines.networks.stylegan2_layers import (
    EqualisedConv,
    EqualisedLinear,
    MinibatchDeviation,
    ModulatedConv,
    StyledConv,
    activation,
    upsample,
)


class StyleMapping(nn.Module):
    """Latents to styles by fully connected layers that learn 100 times more slowly."""

    def __init__(self, latent: int, style: int, layers: int) -> None:
        super().__init__()
        widths = [latent, *[style] * layers]
        self.layers = nn.ModuleList(EqualisedLinear(a, b, rate=0.01) for a, b in pairwise(widths))

    def forward(self, z: Tensor) -> Tensor:
        """[b, latent] -> [b, style]; latents are first scaled to mean square 1."""
        z = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        for layer in self.layers:
            z = activation(layer(z))
        return z


class SynthesisBlock(nn.Module):
    """One resolution: two convolutions, the first of which doubles the sides, and its image.

    The first block has one convolution and no doubling.
    """

    def __init__(self, inputs: int, outputs: int, channels: int, style: int, first: bool) -> None:
        super().__init__()
        self.convs = nn.ModuleList([StyledConv(outputs, outputs, style)])
        if not first:
            self.convs.insert(0, StyledConv(inputs, outputs, style, up=True))
        self.to_image = ModulatedConv(outputs, channels, 1, style, demodulate=False)
        self.image_bias = nn.Parameter(torch.zeros(channels))

    def forward(
        self, x: Tensor, image: Tensor | None, styles: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        """Features and image so far -> those of this resolution. styles: one per convolution."""
        for conv, style in zip(self.convs, styles, strict=False):
            x = conv(x, style)
        own = self.to_image(x, styles[-1]) + self.image_bias[:, None, None]
        return x, own if image is None else upsample(image) + own


class Generator(nn.Module):
    """Latents [b, latent] -> images [b, C, H, W].

    widths: side of each resolution -> its feature maps, from 4 to the side inside the networks.
    path_mean: running mean of the path length, of the training's `path_penalty`; a buffer, so
        that it is saved and restored with the weights.
    """

    path_mean: Tensor

    def __init__(
        self,
        shape: tuple[int, ...],
        widths: Mapping[int, int],
        latent: int,
        *,
        style: int,
        mapping_layers: int,
        mixing: float,
    ) -> None:
        super().__init__()
        outputs = list(widths.values())
        self.side, self.grey, self.mixing = shape[0], shape[2] == 1, mixing
        self.mapping = StyleMapping(latent, style, mapping_layers)
        self.start = nn.Parameter(torch.randn(1, outputs[0], 4, 4))
        self.blocks = nn.ModuleList(
            SynthesisBlock(outputs[max(i - 1, 0)], width, shape[2], style, first=i == 0)
            for i, width in enumerate(outputs)
        )
        self.layers = 2 * len(outputs)
        self.register_buffer("path_mean", torch.zeros(()))

    def styles(self, z: Tensor) -> Tensor:
        """The style of every layer, [b, layers, style].

        In training, a share `mixing` of the batches takes the styles of other latents from a
        random layer on (Karras et al., 2019, section 3.1).
        """
        styles = self.mapping(z)[:, None].expand(-1, self.layers, -1)
        if not self.training or not self.mixing:
            return styles
        other = self.mapping(torch.randn_like(z))[:, None]
        mixed = torch.rand((), device=z.device) < self.mixing
        cut = torch.randint(1, self.layers, (), device=z.device)
        cut = torch.where(mixed, cut, torch.full_like(cut, self.layers))
        layer = torch.arange(self.layers, device=z.device)[:, None]
        return torch.where(layer < cut, styles, other)

    def synthesis(self, styles: Tensor) -> Tensor:
        """Images of styles [b, layers, style]."""
        first, *others = self.blocks
        by_layer = styles.unbind(dim=1)
        x, image = first(self.start.expand(len(styles), -1, -1, -1), None, by_layer[:2])
        for i, block in enumerate(others, start=1):
            x, image = block(x, image, by_layer[2 * i - 1 : 2 * i + 2])
        border = (image.shape[-1] - self.side) // 2
        image = image[:, :, border : border + self.side, border : border + self.side]
        return (image + 1) / 2 if self.grey else image

    def forward(self, z: Tensor) -> Tensor:
        """Images of latents [b, latent]."""
        return self.synthesis(self.styles(z))


class DiscriminatorBlock(nn.Module):
    """Two convolutions that halve the sides, beside a shorter way; scaled to keep the variance."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = EqualisedConv(inputs, inputs, 3)
        self.second = EqualisedConv(inputs, outputs, 3, down=True)
        self.short = EqualisedConv(inputs, outputs, 1, down=True, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """[b, inputs, H, W] -> [b, outputs, H/2, W/2]."""
        deep = activation(self.second(activation(self.first(x))))
        return (deep + self.short(x)) / math.sqrt(2)


class Discriminator(nn.Module):
    """Images [b, C, H, W] -> scores [b]. widths: see `Generator`."""

    def __init__(self, shape: tuple[int, ...], widths: Mapping[int, int]) -> None:
        super().__init__()
        self.border, self.grey = (max(widths) - shape[0]) // 2, shape[2] == 1
        outputs = list(widths.values())[::-1]
        self.from_image = EqualisedConv(shape[2], outputs[0], 1)
        self.blocks = nn.Sequential(*[DiscriminatorBlock(a, b) for a, b in pairwise(outputs)])
        last = outputs[-1]
        self.deviation = MinibatchDeviation()
        self.conv = EqualisedConv(last + 1, last, 3)
        self.dense = EqualisedLinear(last * 16, last)
        self.score = EqualisedLinear(last, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores [b] of images [b, C, H, W]."""
        x = x * 2 - 1 if self.grey else x
        x = F.pad(x, [self.border] * 4, value=-1.0)
        x = self.blocks(activation(self.from_image(x)))
        x = activation(self.conv(self.deviation(x)))
        return self.score(activation(self.dense(x.flatten(1)))).flatten()
