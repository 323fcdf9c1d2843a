"""StyleGAN2's layers compared with slow, plain computations, and the parts of its training."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from baselines.game import adam
from baselines.methods.stylegan2 import (
    StyleGan2Settings,
    feature_maps,
    game,
    path_penalty,
    r1_penalty,
)
from baselines.networks import stylegan2_layers as layers
from baselines.networks.stylegan2 import Discriminator, Generator
from baselines.players import Players
from baselines.reproducible import reproducible

DOUBLE = torch.float64
SMALL = StyleGan2Settings(channel_base=128, channel_max=8)


def small_generator(side=16, channels=3, mixing=0.9):
    shape, widths = (side, side, channels), feature_maps(SMALL, side)
    return Generator(shape, widths, 6, style=8, mapping_layers=2, mixing=mixing)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize("up", [True, False])
def test_a_modulated_convolution_is_one_of_its_own_for_each_row(up, demodulate):
    torch.manual_seed(0)
    conv = layers.ModulatedConv(5, 7, 3, 4, up=up, demodulate=demodulate).double()
    x, style = torch.randn(3, 5, 6, 6, dtype=DOUBLE), torch.randn(3, 4, dtype=DOUBLE)
    made = conv(x, style)
    for row in range(3):
        scales = style[row] @ conv.to_scales.weight.t() / math.sqrt(4) + conv.to_scales.bias
        weight = conv.weight / math.sqrt(5 * 9) * scales[None, :, None, None]
        if demodulate:
            norms = (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
            weight = weight / norms
        if up:  # zeros between the pixels, the taps (a convolution, so flipped), the filter
            sparse = torch.zeros(1, 5, 12, 12, dtype=DOUBLE)
            sparse[0, :, ::2, ::2] = x[row]
            spread = F.conv2d(sparse, weight.flip(2, 3), padding=2)[:, :, :13, :13]
            expected = layers.low_pass(spread, 1, gain=4.0)
        else:
            expected = F.conv2d(x[row : row + 1], weight, padding=1)
        assert torch.allclose(made[row], expected[0], rtol=1e-10, atol=1e-12)


def test_demodulation_gives_unit_variance_to_white_input():
    torch.manual_seed(0)
    conv = layers.ModulatedConv(64, 32, 3, 4)
    x = torch.randn(4, 64, 32, 32)
    inner = conv(x, 10 * torch.randn(4, 4))[:, :, 1:-1, 1:-1]
    assert inner.var().item() == pytest.approx(1, rel=0.05)


def test_resampling_keeps_a_constant_image():
    flat = torch.full((1, 2, 8, 8), 3.0, dtype=DOUBLE)
    up = layers.upsample(flat)
    assert up.shape == (1, 2, 16, 16)
    assert torch.allclose(up[:, :, 2:-2, 2:-2], torch.tensor(3.0, dtype=DOUBLE))
    assert torch.allclose(layers.low_pass(flat, 0), torch.full((1, 2, 5, 5), 3.0, dtype=DOUBLE))


def test_the_filter_of_an_impulse_is_the_binomial():
    impulse = torch.zeros(1, 1, 7, 7, dtype=DOUBLE)
    impulse[0, 0, 3, 3] = 64
    taps = np.outer([1, 3, 3, 1], [1, 3, 3, 1])
    assert np.allclose(layers.low_pass(impulse, 0)[0, 0], taps)
    up = layers.upsample(torch.full((1, 1, 1, 1), 16.0, dtype=DOUBLE))
    assert np.allclose(up[0, 0], taps[1:3, 1:3])


def test_equalised_layers_scale_weights_at_use():
    torch.manual_seed(0)
    linear = layers.EqualisedLinear(400, 300, bias=2.0, rate=0.01)
    assert linear.weight.std().item() == pytest.approx(100, rel=0.02)
    x = torch.randn(50, 400)
    assert torch.allclose(linear(torch.zeros(1, 400)), torch.tensor(2.0))
    assert (linear(x) - 2).std().item() == pytest.approx(1, rel=0.05)
    conv = layers.EqualisedConv(64, 64, 3, bias=False)
    inner = conv(torch.randn(4, 64, 16, 16))[:, :, 1:-1, 1:-1]
    assert conv.weight.std().item() == pytest.approx(1, rel=0.02)
    assert inner.var().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(("rows", "group"), [(8, 4), (6, 3), (2, 2), (5, 1)])
def test_minibatch_deviation_is_the_mean_deviation_within_groups(rows, group):
    x = torch.randn(rows, 3, 4, 4, dtype=DOUBLE)
    made = layers.MinibatchDeviation()(x)
    assert made[:, :3].equal(x)
    groups = rows // group
    for row in range(rows):
        members = x[row % groups :: groups].numpy()
        assert len(members) == group
        deviation = np.sqrt(members.var(axis=0) + 1e-8).mean()
        assert np.allclose(made[row, 3], deviation)


def test_feature_maps_follow_the_resolution():
    widths = feature_maps(StyleGan2Settings(), 128)
    assert widths == {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128}
    assert feature_maps(StyleGan2Settings(channel_base=20), 28) == {4: 5, 8: 2, 16: 1, 32: 1}


def test_the_generator_without_mixing_is_a_function_of_its_latents_but_for_noise():
    torch.manual_seed(0)
    generator = small_generator()
    generator.eval()
    z = torch.randn(2, 6)
    assert generator(z).equal(generator(z))  # the strength of the noise starts at 0
    with torch.no_grad():
        generator.blocks[0].convs[0].strength.fill_(1)
    assert not generator(z).equal(generator(z))


def test_mixing_takes_the_styles_of_other_latents_from_a_layer_on():
    torch.manual_seed(0)
    generator = small_generator(mixing=0.5)
    z = torch.randn(3, 6)
    own = generator.mapping(z)
    cuts = []
    for _ in range(200):
        styles = generator.styles(z)
        same = (styles == own[:, None]).all(dim=2)
        assert same.equal(same[:1].expand_as(same))  # one cut for the batch
        cuts.append(int(same[0].sum()))
        assert same[0].tolist() == [True] * cuts[-1] + [False] * (6 - cuts[-1])
    assert set(cuts) == {1, 2, 3, 4, 5, 6}
    assert 70 < sum(cut < 6 for cut in cuts) < 130
    generator.eval()
    assert (generator.styles(z) == own[:, None]).all()


def test_every_layer_has_a_style_of_its_own():
    generator = small_generator()
    generator.eval()
    styles = generator.styles(torch.randn(2, 6)).detach().clone().requires_grad_(True)
    generator.synthesis(styles).square().sum().backward()
    assert styles.shape == (2, 6, 8)
    assert (styles.grad.abs().sum(dim=(0, 2)) > 0).all()


def test_grey_28_by_28_is_cropped_from_and_padded_to_32():
    torch.manual_seed(0)
    generator = small_generator(28, 1)
    assert generator.layers == 8  # 4, 8, 16, 32
    assert generator(torch.randn(2, 6)).shape == (2, 1, 28, 28)
    discriminator = Discriminator((28, 28, 1), feature_maps(SMALL, 28))
    whole = Discriminator((32, 32, 1), feature_maps(SMALL, 32))
    whole.load_state_dict(discriminator.state_dict())
    images = torch.rand(4, 1, 28, 28)
    assert torch.allclose(discriminator(images), whole(F.pad(images, [2] * 4)), atol=1e-5)


def test_lazy_steps_change_adam_as_the_paper_says():
    settings = StyleGan2Settings(learning_rate=2e-3, beta1=0.5, beta2=0.99)
    group = adam(settings, 4)([torch.nn.Parameter(torch.zeros(1))]).param_groups[0]
    assert group["lr"] == pytest.approx(2e-3 * 4 / 5)
    assert group["betas"] == pytest.approx((0.5 ** (4 / 5), 0.99 ** (4 / 5)))


def test_lazy_penalties_take_their_steps_in_turn():
    steps = []
    settings = StyleGan2Settings(
        batch=4, channel_max=4, style=4, mapping_layers=1, r1_every=2, path_every=3, n_dis=1
    )
    made = game(settings, (16, 16, 3))
    data = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    with reproducible("test"):
        players = Players(made, settings, data, 0)
        for name, optimiser in (("d", players.optimiser_d), ("g", players.optimiser_g)):
            optimiser.register_step_post_hook(lambda *_, name=name: steps.append(name))
        for number in range(1, 7):
            steps.append(number)
            players.update(number)
    first = [1, "d", "g", 2, "d", "d", "g", 3, "d", "g", "g"]
    second = [4, "d", "d", "g", 5, "d", "g", 6, "d", "d", "g", "g"]
    assert steps == [*first, *second]
    assert players.generator.path_mean > 0


def test_without_the_path_length_penalty_the_generator_takes_plain_steps():
    made = game(StyleGan2Settings(path=0), (16, 16, 3))
    assert made.lazy_g is None
    group = made.optimiser_g([torch.nn.Parameter(torch.zeros(1))]).param_groups[0]
    assert group["lr"] == 2e-3
    assert group["betas"] == (0, 0.99)


def test_the_weight_of_r1_is_the_same_for_grey_pixels_in_another_range():
    """Grey pixels are in [0, 1]. R1 of the same function of the picture must be the same."""
    real = torch.rand(4, 1, 16, 16, dtype=DOUBLE)
    settings = StyleGan2Settings(r1=3.0)
    grey = game(settings, (16, 16, 1)).lazy_d.loss(
        lambda x: (2 * x - 1).square().flatten(1).sum(dim=1), real
    )
    colour = game(settings, (16, 16, 3)).lazy_d.loss(
        lambda x: x.square().flatten(1).sum(dim=1), 2 * real - 1
    )
    assert grey.item() == pytest.approx(colour.item())


def test_the_infogan_discriminator_is_that_of_the_tables():
    settings = StyleGan2Settings(discriminator="infogan", channel_max=4)
    _, discriminator = game(settings, (28, 28, 1)).networks()
    assert sum(p.numel() for p in discriminator.parameters()) == 6_558_017


def waves(shape, phase):
    """Numbers that anybody can compute: 1.4 sin(0.7 i + phase)."""
    return (1.4 * torch.sin(0.7 * torch.arange(math.prod(shape)) + phase)).reshape(shape)


def of_waves(network):
    with torch.no_grad():
        for number, parameter in enumerate(network.parameters()):
            parameter.copy_(waves(parameter.shape, float(number)))
    return network


RECORDED = {
    (16, 16, 3): {
        "pixels": [-0.104176109, -1.141489028, -2.602820366],
        "mean": -3.849166906100175,
        "std": 2.862494789665439,
        "scores": [-0.0987171601, -0.1210595487, -0.0978506761, -0.1124926295],
        "r1": 0.05551658721925411,
        "path": 0.28610792200300106,
    },
    (28, 28, 1): {
        "pixels": [-2.286556201, -2.838018932, -2.811307877],
        "mean": -1.4317992249663671,
        "std": 0.744126330902703,
        "scores": [-1.5628586628, -1.4890108713, -1.5176908470, -1.7599247838],
        "r1": 6.9859798554363355,
        "path": 0.01989463345270154,
    },
}


@pytest.mark.parametrize("shape", RECORDED, ids=str)
def test_the_networks_give_what_they_gave_when_they_equalled_the_authors_code(shape, monkeypatch):
    """The values agreed with the code of Karras et al. when they were recorded.

    They are in float64. With the same weights, the networks agreed with the PyTorch code released
    in 2021 to 1e-6, R1 to 1e-8, and the mean path length to 1e-9.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(DOUBLE)
    try:
        sizes, widths = {"style": 6, "mapping_layers": 2}, feature_maps(SMALL, shape[0])
        generator = of_waves(Generator(shape, widths, 5, mixing=0.0, **sizes))
        discriminator = of_waves(Discriminator(shape, widths))
        monkeypatch.setattr(torch, "randn", lambda *size, **_: waves(size, 0.3))
        monkeypatch.setattr(torch, "randn_like", lambda rows: waves(rows.shape, 0.9))
        images, latents = waves((4, shape[2], *shape[:2]), 1.0), waves((4, 5), 2.0)
        made = generator(latents)
        found = {
            "pixels": made[1, 0, 5, 3:6].tolist(),
            "mean": made.mean().item(),
            "std": made.std().item(),
            "scores": discriminator(images).tolist(),
            "r1": r1_penalty(discriminator, images).item(),
            "path": path_penalty(generator, latents).item(),
        }
    finally:
        torch.set_default_dtype(before)
    for name, value in RECORDED[shape].items():
        assert found[name] == pytest.approx(value, rel=1e-7), name


def test_initial_weights_are_normal_biases_zero_and_scales_one():
    torch.manual_seed(0)
    generator = small_generator()
    wide = StyleGan2Settings(channel_base=2048, channel_max=128)
    discriminator = Discriminator((16, 16, 3), feature_maps(wide, 16))
    weights = torch.cat([p.flatten() for n, p in discriminator.named_parameters() if "weight" in n])
    assert weights.mean().item() == pytest.approx(0, abs=0.01)
    assert weights.std().item() == pytest.approx(1, rel=0.01)
    for network in (generator, discriminator):
        for name, parameter in network.named_parameters():
            if "bias" in name or "strength" in name:
                assert parameter.eq(float("to_scales" in name)).all(), name
    for layer in generator.mapping.layers:
        assert layer.weight.std().item() == pytest.approx(100, rel=0.3)
