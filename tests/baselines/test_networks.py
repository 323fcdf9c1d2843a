"""Networks and optimisers: the paper's tables, read from the live objects."""

import numpy as np
import pytest
import torch
from torch import nn

from baselines.methods import dcgan, gan, lsgan, sngan, stylegan2, wgan, wgan_gp
from baselines.networks import infogan
from suite.running.errors import InputError

METHODS = {
    "gan": (gan.game, gan.VanillaSettings),
    "dcgan": (dcgan.game, dcgan.DcganSettings),
    "lsgan": (lsgan.game, lsgan.LsganSettings),
    "wgan": (wgan.game, wgan.WganSettings),
    "wgan-gp": (wgan_gp.game, wgan_gp.WganGpSettings),
    "sngan": (sngan.game, sngan.SnganSettings),
    "stylegan2": (stylegan2.game, stylegan2.StyleGan2Settings),
}
DATASETS = {"MNIST": (28, 28, 1), "CIFAR-10": (32, 32, 3), "CelebA": (64, 64, 3)}
DATASETS |= {"ImageNet": (128, 128, 3), "points": (2,)}


def play(name, shape, **settings):
    make, model = METHODS[name]
    return make(model(**settings), shape)


def layers(network, row):
    """The columns of the paper's tables for each layer: kind, sides, maps, norm, activation."""
    lines = []
    with torch.no_grad():
        for module in network:
            row = module(row)
            size = "x".join(str(side) for side in row.shape[1:]) or "1"
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                kind = "conv" if isinstance(module, nn.Conv2d) else "deconv"
                k, s = module.kernel_size[0], module.stride[0]
                lines.append(f"{k}x{k} {kind} stride {s} -> {size}")
            elif isinstance(module, nn.Linear):
                lines.append(f"dense -> {size}")
            elif not isinstance(module, nn.Flatten | nn.Unflatten):
                name = type(module).__name__
                lines[-1] += "; batchnorm" if "BatchNorm" in name else f"; {name}"
    return lines


TABLE_3 = (
    [
        "4x4 conv stride 2 -> 64x14x14; LeakyReLU",
        "4x4 conv stride 2 -> 128x7x7; batchnorm; LeakyReLU",
        "dense -> 1024; batchnorm; LeakyReLU",
        "dense -> 1",
    ],
    [
        "dense -> 1024; batchnorm; ReLU",
        "dense -> 6272; batchnorm; ReLU",
        "4x4 deconv stride 2 -> 64x14x14; batchnorm; ReLU",
        "4x4 deconv stride 2 -> 1x28x28; Sigmoid",
    ],
)
TABLE_4 = (
    [
        "4x4 conv stride 2 -> 64x16x16; LeakyReLU",
        "4x4 conv stride 2 -> 128x8x8; batchnorm; LeakyReLU",
        "4x4 conv stride 2 -> 256x4x4; batchnorm; LeakyReLU",
        "dense -> 1",
    ],
    [
        "dense -> 1792; batchnorm; ReLU",
        "4x4 deconv stride 2 -> 256x4x4; batchnorm; ReLU",
        "4x4 deconv stride 2 -> 128x8x8; ReLU",
        "4x4 deconv stride 2 -> 64x16x16; ReLU",
        "4x4 deconv stride 2 -> 3x32x32; Tanh",
    ],
)
TABLE_5 = (
    [
        "4x4 conv stride 2 -> 64x32x32; LeakyReLU",
        "4x4 conv stride 2 -> 128x16x16; batchnorm; LeakyReLU",
        "4x4 conv stride 2 -> 256x8x8; batchnorm; LeakyReLU",
        "4x4 conv stride 2 -> 256x4x4; batchnorm; LeakyReLU",
        "dense -> 1",
    ],
    [
        "dense -> 1792; batchnorm; ReLU",
        "4x4 deconv stride 2 -> 256x4x4; batchnorm; ReLU",
        "4x4 deconv stride 2 -> 128x8x8; ReLU",
        "4x4 deconv stride 2 -> 64x16x16; ReLU",
        "4x4 deconv stride 2 -> 32x32x32; ReLU",
        "4x4 deconv stride 2 -> 3x64x64; Tanh",
    ],
)
TABLES = {"MNIST": TABLE_3, "CIFAR-10": TABLE_4, "CelebA": TABLE_5}


@pytest.mark.parametrize("dataset", TABLES)
def test_the_networks_are_those_of_tables_3_to_5(dataset):
    shape = DATASETS[dataset]
    generator, discriminator = play("dcgan", shape).networks()
    images = torch.rand(2, shape[2], *shape[:2])
    assert layers(discriminator, images) == TABLES[dataset][0]
    assert layers(generator, torch.randn(2, 64)) == TABLES[dataset][1]


def test_parameter_counts_are_those_worked_out_by_hand():
    """Table 3: 16 weights per kernel; batch norm has two numbers per map and replaces the bias."""
    generator, discriminator = play("dcgan", (28, 28, 1)).networks()
    by_hand = (64 * 16 + 64) + (128 * 64 * 16 + 256) + (6272 * 1024 + 2048) + (1024 + 1)
    assert count(discriminator) == by_hand
    by_hand = (64 * 1024 + 2048) + (1024 * 6272 + 2 * 6272) + (128 * 64 * 16 + 128) + (64 * 16 + 1)
    assert count(generator) == by_hand


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_every_method_plays_on_every_dataset_and_this_is_its_table(capsys):
    rows = ["method     dataset    generator  discriminator"]
    for name in METHODS:
        for dataset, shape in DATASETS.items():
            generator, discriminator = play(name, shape).networks()
            with torch.no_grad():
                made = generator(torch.randn(2, 64))
                assert made.shape == ((2, shape[2], *shape[:2]) if len(shape) == 3 else (2, 2))
                assert discriminator(made).shape == (2,)
            if name != "stylegan2" and len(shape) == 3:
                assert count(generator) == count(play("dcgan", shape).networks()[0])
            rows.append(f"{name:10} {dataset:10} {count(generator):9,}  {count(discriminator):9,}")
    with capsys.disabled():
        print("", *rows, sep="\n")


TABLE_6 = {
    "dcgan": ("Adam", 0.0002, (0.5, 0.999), 1),
    "lsgan": ("Adam", 0.0002, (0.5, 0.999), 1),
    "wgan": ("RMSprop", 0.00005, None, 5),
    "wgan-gp": ("Adam", 0.0001, (0.5, 0.9), 5),
    "sngan": ("Adam", 0.0001, (0.9, 0.999), 5),
}


def test_the_optimisers_are_those_of_table_6(capsys):
    rows = ["method     optimiser  rate     betas         n_dis"]
    for name, expected in TABLE_6.items():
        game, settings = play(name, (2,)), METHODS[name][1]()
        for make in (game.optimiser_d, game.optimiser_g):
            optimiser = make([nn.Parameter(torch.zeros(1))])
            group = optimiser.param_groups[0]
            live = (type(optimiser).__name__, group["lr"], group.get("betas"), settings.n_dis)
            assert live == expected, name
        rows.append(f"{name:10} {live[0]:10} {live[1]:<8g} {live[2]!s:13} {live[3]}")
        assert settings.batch == settings.latents((28, 28, 1)) == 64
    with capsys.disabled():
        print("", *rows, sep="\n")


def test_wgan_gp_has_no_batch_norm_in_its_critic_and_sngan_only_spectral_norm():
    def kinds(network):
        return {type(module).__name__ for module in network.modules()}

    for shape in ((28, 28, 1), (64, 64, 3)):
        for name in ("wgan-gp", "sngan"):
            generator, discriminator = play(name, shape).networks()
            assert not any("BatchNorm" in kind for kind in kinds(discriminator))
            assert any("BatchNorm" in kind for kind in kinds(generator))
        literal = play("sngan", shape, batch_norm=True).networks()[1]
        assert any("BatchNorm" in kind for kind in kinds(literal))
        convolutions = kinds(play("dcgan", shape, networks="tuned").networks()[1])
        assert "BatchNorm2d" in convolutions
        assert "BatchNorm1d" not in convolutions


@pytest.mark.parametrize("shape", [(16, 16, 3), (2,)])
def test_spectral_norm_divides_by_numpys_largest_singular_value(shape):
    torch.manual_seed(0)
    _, discriminator = play("sngan", shape).networks()
    rows = torch.rand(4, shape[2], *shape[:2]) if len(shape) == 3 else torch.rand(4, 2)
    for _ in range(200):  # one power iteration a pass
        discriminator(rows)
    discriminator.eval()
    weighted = [m for m in discriminator if hasattr(m, "parametrizations")]
    plain = [m for m in discriminator if isinstance(m, nn.Conv2d | nn.Linear)]
    assert weighted == plain
    for module in weighted:
        own = module.parametrizations.weight.original.detach().flatten(1).double().numpy()
        largest = np.linalg.svd(own, compute_uv=False)[0]
        used = module.weight.detach().flatten(1).double().numpy()
        assert np.allclose(used, own / largest, rtol=0, atol=1e-4 * abs(used).max())


def test_initial_weights_have_the_spread_that_is_asked_for():
    wide = infogan.discriminator((32, 32, 3), 0.2, 0.5, batch_norm=True, dense_norm=True)
    weights = torch.cat([m.weight.flatten() for m in wide if isinstance(m, nn.Conv2d)])
    assert weights.std().item() == pytest.approx(0.5, rel=0.02)
    assert weights.mean().item() == pytest.approx(0, abs=0.01)
    own = infogan.discriminator((32, 32, 3), 0.2, None, batch_norm=True, dense_norm=True)
    assert own[0].weight.abs().max() <= 1 / np.sqrt(3 * 16)


@pytest.mark.parametrize("name", ["dcgan", "stylegan2"])
@pytest.mark.parametrize("shape", [(30, 30, 1), (32, 64, 3), (8, 8, 3)])
def test_other_sizes_are_refused(name, shape):
    method = {"dcgan": dcgan.DCGAN, "stylegan2": stylegan2.STYLEGAN2}[name]
    with pytest.raises(InputError, match="set `size` of the dataset"):
        method.check(method.settings(), shape, 8)


def test_the_networks_for_points_have_three_layers_of_64():
    points, hidden = torch.rand(4, 2), "dense -> 64; {}"
    generator, discriminator = play("dcgan", (2,)).networks()
    assert layers(discriminator, points) == [*[hidden.format("LeakyReLU")] * 2, "dense -> 1"]
    assert layers(generator, torch.randn(4, 64)) == [*[hidden.format("ReLU")] * 2, "dense -> 2"]
    tuned, same = play("dcgan", (2,), networks="tuned").networks()
    assert layers(same, points) == layers(discriminator, points)
    expected = [*[hidden.format("batchnorm; ReLU")] * 2, "dense -> 2; Sigmoid"]
    assert layers(tuned, torch.randn(4, 2)) == expected
    assert play("dcgan", (2,), networks="tuned", latent=5).networks()[0][0].in_features == 5


def test_tuned_networks_for_images_have_no_batch_norm_in_the_dense_layer():
    generator, discriminator = play("dcgan", (28, 28, 1), networks="tuned").networks()
    expected = [line.replace("dense -> 1024; batchnorm", "dense -> 1024") for line in TABLE_3[0]]
    assert layers(discriminator, torch.rand(2, 1, 28, 28)) == expected
    assert layers(generator, torch.randn(2, 64)) == TABLE_3[1]
