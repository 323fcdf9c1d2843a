"""Initial weights, latents, and the rows that a run returns."""

import numpy as np
import pytest
import torch
from torch import nn

from baselines.methods.dcgan import DCGAN, DcganSettings, game
from baselines.reproducible import reproducible
from baselines.sampling import generate, latents
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job
from suite.running.checkpoint import Checkpoint

SHAPE = (16, 16, 1)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 32, 3)])
def test_every_layer_for_images_starts_at_a_deviation_of_0_02_without_biases(shape):
    torch.manual_seed(0)
    for network in game(DcganSettings(), shape).networks():
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                assert module.weight.mean().item() == pytest.approx(0, abs=0.004)
                assert module.weight.std().item() == pytest.approx(0.02, rel=0.12)
                assert module.bias is None or module.bias.eq(0).all()
            elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                assert module.weight.eq(1).all()
                assert module.bias.eq(0).all()


def test_points_have_layers_that_start_uniform_within_the_root_of_their_inputs():
    torch.manual_seed(0)
    for network in game(DcganSettings(), (2,)).networks():
        for module in network:
            if isinstance(module, nn.Linear):
                bound = module.in_features**-0.5
                weights = module.weight.abs()
                assert 0.9 * bound < weights.max() <= bound
                assert weights.mean().item() == pytest.approx(bound / 2, rel=0.15)
                assert module.bias.abs().max() <= bound


def test_latents_are_standard_normal_and_of_their_own_for_purpose_seed_and_part():
    drawn = latents("samples", 2000, 8, 0, 0)
    assert drawn.shape == (2000, 8)
    assert drawn.dtype == torch.float32
    assert drawn.mean().item() == pytest.approx(0, abs=0.03)
    assert drawn.std().item() == pytest.approx(1, rel=0.03)
    assert (drawn.abs() > 2).float().mean().item() == pytest.approx(0.0455, abs=0.006)
    others = [("samples", 0, 1), ("samples", 1, 0), ("snapshots", 0, 0)]
    for purpose, *seeds in others:
        assert not drawn.equal(latents(purpose, 2000, 8, *seeds))


def trained(**settings):
    data = np.random.default_rng(0).integers(0, 256, (5, *SHAPE), np.uint8)
    subset = Subset(data, np.full(5, -1), np.arange(5), "noise", "train", 0)
    small = {"updates": 10, "batch": 4, "latent": 7, "snapshots": 3, "snapshot_rows": 6}
    own = DcganSettings(**small, **settings)
    return own, DCGAN.train(Job(subset, own, 3, 1, 300, Checkpoint(None)))


@pytest.mark.parametrize("halflife", [None, 1000.0])
def test_samples_and_snapshots_are_the_models_rows_in_evaluation_mode(halflife):
    settings, result = trained(ema_halflife=halflife, learning_rate=2e-3)
    network, _ = game(settings, SHAPE).networks()
    network.load_state_dict({name: torch.from_numpy(a) for name, a in result.model.items()})
    network.eval()

    def rows(z):
        with torch.no_grad():
            return (network(z) * 255).round().permute(0, 2, 3, 1).to(torch.uint8).numpy()

    z = latents("samples", 300, 7, 3, 1)
    assert (abs(result.samples.astype(int) - rows(z)) <= 1).all()
    fixed = latents("snapshots", 6, 7, 3, 1)
    assert (abs(result.trajectory.data[-1].astype(int) - rows(fixed)) <= 1).all()
    again = DCGAN.sample(result.model, settings, SHAPE, 9, 5)
    assert (abs(again.astype(int) - rows(latents("sample latents", 9, 7, 5))) <= 1).all()
    # The picture of a row does not depend on other rows.
    assert (abs(generate(network, z[:1]).astype(int) - result.samples[:1]) <= 1).all()


def test_the_average_is_another_model_than_the_last_weights():
    plain, averaged = trained()[1], trained(ema_halflife=1000.0)[1]
    weight = "0.weight"
    assert not np.array_equal(plain.model[weight], averaged.model[weight])
    statistics = [name for name in plain.model if "running" in name]
    assert statistics
    for name in statistics:
        assert np.array_equal(plain.model[name], averaged.model[name]), name


def test_a_run_is_seeded_by_training_seed_and_part():
    with reproducible("baseline", 3, 1):
        first = torch.rand(3)
    with reproducible("baseline", 3, 0):
        other = torch.rand(3)
    with reproducible("baseline", 3, 1):
        assert torch.rand(3).equal(first)
        assert torch.are_deterministic_algorithms_enabled()
    assert not first.equal(other)
