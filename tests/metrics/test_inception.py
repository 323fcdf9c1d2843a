"""The Inception network beside pytorch-fid's, with random and with real weights."""

import numpy as np
import pytest
import torch
from pytorch_fid import inception as pytorch_fid
from torch import nn
from torchvision.models import inception_v3
from torchvision.models.inception import BasicConv2d

from metrics.extractors import inception as extractor
from metrics.features import Features
from metrics.frechet import frechet_distance
from metrics.inception import NAMES, Inception, load_network
from suite.running.errors import InputError
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network():
    """pytorch-fid's network with random weights that give activations of ordinary size."""
    generator = torch.Generator().manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        # its constructor would download weights; here it keeps its initial weights
        patch.setattr(pytorch_fid, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(nn.Module, "load_state_dict", lambda *_: None)
        model = pytorch_fid.InceptionV3().eval()
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            fan = module.weight[0].numel()
            module.weight.data.normal_(0, (2 / fan) ** 0.5, generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight.data, module.running_var):
                tensor.uniform_(0.5, 1.5, generator=generator)
            for tensor in (module.bias.data, module.running_mean):
                tensor.normal_(0, 0.2, generator=generator)
    return model


def _state(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights with torchvision's names, which pytorch-fid hides in nested blocks."""
    modules = [module for module in model.modules() if isinstance(module, BasicConv2d)]
    state = {}
    for name, module in zip(NAMES, modules, strict=True):
        state |= {f"{name}.{leaf}": value for leaf, value in module.state_dict().items()}
    return state


def _expected(model: nn.Module, images: np.ndarray) -> np.ndarray:
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).expand(-1, 3, -1, -1).float() / 255
    with torch.inference_mode():
        return model(batch)[0][:, :, 0, 0].numpy()


def _ours(path, images: np.ndarray) -> np.ndarray:
    return Inception(path, CPU)(torch.from_numpy(images).permute(0, 3, 1, 2)).numpy()


def _images(channels: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 28, 20, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_equals_pytorch_fid(network, tmp_path, channels):
    torch.save(_state(network), tmp_path / "weights.pth")
    images = _images(channels)
    expected = _expected(network, images)
    error = np.abs(_ours(tmp_path / "weights.pth", images) - expected).max()
    assert error <= 1e-4 * np.abs(expected).max()


class _Convolution(nn.Module):
    def __init__(self, state: dict[str, torch.Tensor], name: str):
        super().__init__()
        leaves = {"beta": "bn.bias", "mean": "bn.running_mean", "var": "bn.running_var"}
        for leaf, key in {"weight": "conv.weight", **leaves}.items():
            self.register_buffer(leaf, state[f"{name}.{key}"])

    def forward(self, x):
        return x


@pytest.mark.filterwarnings("ignore:.*torch.jit:FutureWarning")
def test_torchscript_without_gamma_gives_the_same_network(network, tmp_path):
    state = _state(network)
    for name in NAMES:
        state[f"{name}.bn.weight"] = torch.ones_like(state[f"{name}.bn.weight"])
    torch.save(state, tmp_path / "weights.pth")
    chain = nn.Sequential(*(_Convolution(state, name) for name in NAMES))
    torch.jit.script(chain).save(tmp_path / "weights.pt")
    left, right = (load_network(tmp_path / f"weights.{end}") for end in ("pth", "pt"))
    assert list(left) == list(right) == list(NAMES)
    for name in NAMES:
        assert all(torch.equal(a, b) for a, b in zip(left[name], right[name], strict=True))


def test_names_are_torchvisions():
    network = inception_v3(weights=None, aux_logits=False, init_weights=False)
    assert tuple(n for n, m in network.named_modules() if isinstance(m, BasicConv2d)) == NAMES


def test_features_of_a_row_depend_on_its_image_alone(network, tmp_path):
    torch.save(_state(network), tmp_path / "weights.pth")
    images = _images(1)
    whole = _ours(tmp_path / "weights.pth", images)
    for i in range(3):
        alone = _ours(tmp_path / "weights.pth", images[i : i + 1])[0]
        assert np.abs(alone - whole[i]).max() <= 1e-5 * np.abs(whole).max()


def test_weights_of_another_network_are_refused(network, tmp_path):
    torch.save({"fc.weight": torch.ones(2, 2)}, tmp_path / "other.pth")
    narrow = _state(network)
    narrow["Mixed_7c.branch1x1.conv.weight"] = torch.ones(320, 2047, 1, 1)
    torch.save(narrow, tmp_path / "narrow.pth")
    (tmp_path / "text.pth").write_text("no weights")
    for name in ("other.pth", "narrow.pth", "text.pth"):
        with pytest.raises(InputError, match="does not hold the 94 convolutions"):
            load_network(tmp_path / name)


def test_real_weights_give_the_known_distance(monkeypatch):
    """FID between two sets of 24 training digits; pytorch-fid's functions gave the value."""
    images = read_arrays(ROOT / "resources/mnist/mnist.npz", "train_images")["train_images"]
    both = images[:24, ..., None], images[24:48, ..., None]
    rows = [Features().embed("inception", some) for some in both]
    assert frechet_distance(*rows) == pytest.approx(77.168044, rel=1e-6)
    monkeypatch.setattr(extractor, "BATCH", 5)
    seven = Features().embed("inception", both[0][:7])
    assert np.allclose(seven, rows[0][:7], rtol=1e-4, atol=1e-5)
