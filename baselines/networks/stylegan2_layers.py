"""Layers of StyleGAN2 (Karras et al., 2020).

Learning rates are equalised: weights start as N(0, 1) and are scaled by 1/sqrt(fan-in) at every
use (Karras et al., 2018, section 4.1). Leaky ReLUs have slope 0.2 and gain sqrt(2), which keeps
the variance. Images are float [b, C, H, W], styles [b, S].
"""

import math
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

TAPS = (1.0, 3.0, 3.0, 1.0)
"""The low-pass filter of every change of resolution, in one dimension."""


def activation(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2, times sqrt(2)."""
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


@cache
def _kernel(gain: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """TAPS in both directions [4, 4], kept: made anew, it would wait for the GPU at every call."""
    with torch.inference_mode(False):
        taps = torch.tensor(TAPS, dtype=dtype, device=device)
        return torch.outer(taps, taps) * (gain / taps.sum() ** 2)


def low_pass(x: Tensor, padding: int, gain: float = 1.0) -> Tensor:
    """Every channel filtered by TAPS in both directions; sides grow by 2 padding - 3."""
    channels = x.shape[1]
    kernel = _kernel(gain, x.dtype, x.device)
    return F.conv2d(x, kernel.expand(channels, 1, 4, 4), padding=padding, groups=channels)


def upsample(x: Tensor) -> Tensor:
    """Twice the sides: zeros between the pixels, then the low-pass filter with gain 4."""
    channels = x.shape[1]
    weight = _kernel(4.0, x.dtype, x.device).expand(channels, 1, 4, 4)
    return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=channels)


class EqualisedLinear(nn.Module):
    """x W^T / sqrt(fan-in) + b, with weights that learn `rate` times as fast."""

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.rate = rate / math.sqrt(inputs), rate

    def forward(self, x: Tensor) -> Tensor:
        """[b, inputs] -> [b, outputs]."""
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualisedConv(nn.Module):
    """A convolution that keeps the sides, or halves them after the low-pass filter."""

    def __init__(
        self, inputs: int, outputs: int, size: int, *, down: bool = False, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.size, self.down = 1 / math.sqrt(inputs * size * size), size, down

    def forward(self, x: Tensor) -> Tensor:
        """[b, inputs, H, W] -> [b, outputs, H, W], or half the sides."""
        weight = self.weight * self.scale
        if self.down:
            filtered = low_pass(x, padding=(self.size + 1) // 2)
            return F.conv2d(filtered, weight, self.bias, stride=2)
        return F.conv2d(x, weight, self.bias, padding=self.size // 2)


class ModulatedConv(nn.Module):
    """A convolution whose weights a style scales and, if asked, normalises again.

    For input channel i, output channel j and tap k, with s the style's scales (Karras et al.,
    2020, Eqs. 1 and 3):

        w'_ijk = s_i w_ijk,    w''_ijk = w'_ijk / sqrt(sum_ik w'_ijk^2 + 1e-8).

    The scales act on the input and the normalisation on the output of one shared convolution,
    which is the same as a convolution of its own for each row.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        style: int,
        *,
        up: bool = False,
        demodulate: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.to_scales = EqualisedLinear(style, inputs, bias=1.0)
        self.scale, self.size = 1 / math.sqrt(inputs * size * size), size
        self.up, self.demodulate = up, demodulate

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """[b, inputs, H, W], [b, S] -> [b, outputs, H, W], or twice the sides."""
        weight = self.weight * self.scale
        scales = self.to_scales(style)
        x = x * scales[:, :, None, None]
        if self.up:
            # Transposed convolution, then the filter: together twice the sides (3 x 3 taps only).
            x = low_pass(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), 1, gain=4.0)
        else:
            x = F.conv2d(x, weight, padding=self.size // 2)
        if self.demodulate:
            norms = scales.square() @ weight.square().sum(dim=(2, 3)).t()
            x = x * (norms + 1e-8).rsqrt()[:, :, None, None]
        return x


class StyledConv(nn.Module):
    """A modulated 3 x 3 convolution, noise of a learnt strength, bias and activation."""

    def __init__(self, inputs: int, outputs: int, style: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, style, up=up)
        self.strength = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """[b, inputs, H, W], [b, S] -> [b, outputs, H, W], or twice the sides."""
        x = self.conv(x, style)
        noise = torch.randn(len(x), 1, *x.shape[2:], dtype=x.dtype, device=x.device)
        return activation(x + self.strength * noise + self.bias[:, None, None])


class MinibatchDeviation(nn.Module):
    """One more channel: the mean standard deviation within groups of rows (Karras et al., 2018).

    A group has four rows, or the largest divisor of the batch below.
    """

    def forward(self, x: Tensor) -> Tensor:
        """[b, C, H, W] -> [b, C + 1, H, W]."""
        rows, _, height, width = x.shape
        group = next(size for size in (4, 3, 2, 1) if rows % size == 0)
        variance = x.reshape(group, -1, *x.shape[1:]).var(dim=0, correction=0)
        deviation = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3), keepdim=True)
        return torch.cat([x, deviation.repeat(group, 1, height, width)], dim=1)
