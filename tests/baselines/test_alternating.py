"""The shared training loop: order of the updates, divergence, input of the networks, bad input."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn
from typer import Typer

from baselines.alternating import train
from baselines.batches import Batches
from baselines.game import Lazy, scored, scored_generator
from baselines.methods.dcgan import DCGAN, DcganSettings, game
from baselines.methods.gan import GAN, VanillaSettings
from baselines.players import Players, sound
from baselines.progress import Progress
from baselines.reproducible import reproducible
from baselines.scaling import from_network, to_network
from suite.protocol.artefacts import Subset, check_data
from suite.protocol.method import Job
from suite.protocol.seeds import stream
from suite.running.checkpoint import Checkpoint
from suite.running.cli import run
from suite.running.errors import InputError


def subset(shape=(5, 16, 16, 1)):
    data = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    return Subset(data, np.full(len(data), -1), np.arange(len(data)), "noise", "train", 0)


def job(settings, data=None):
    return Job(data or subset(), settings, 0, 0, 4, Checkpoint(None))


SHAPE = (16, 16, 1)
SETTINGS = DcganSettings(updates=6, batch=4, snapshots=2, snapshot_rows=2)


def parameters(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()]).clone()


def test_an_update_is_n_dis_discriminator_steps_and_then_one_of_the_generator():
    calls, seen = [], []
    plain = game(SETTINGS, SHAPE)
    networks = plain.networks()

    def discriminator_loss(critic, real, fake):
        seen.append(real)
        calls.append(("d", real.shape[0], fake.requires_grad))
        return plain.discriminator_loss(critic, real, fake)

    def generator_loss(critic, real, fake):
        assert real is seen[-1]
        frozen = not any(p.requires_grad for p in networks[1].parameters())
        calls.append(("g", fake.shape[0], not frozen))
        return plain.generator_loss(critic, real, fake)

    spied = dataclasses.replace(
        plain,
        networks=lambda: networks,
        discriminator_loss=discriminator_loss,
        generator_loss=generator_loss,
    )
    train(job(SETTINGS.model_copy(update={"n_dis": 3, "updates": 2})), spied)
    assert calls == ([("d", 4, False)] * 3 + [("g", 4, False)]) * 2


def test_only_the_player_whose_turn_it_is_moves():
    moves = []
    plain = game(SETTINGS, SHAPE)

    class Spy(torch.optim.SGD):
        def step(self):
            before = [parameters(n) for n in (players.generator, players.discriminator)]
            super().step()
            after = [parameters(n) for n in (players.generator, players.discriminator)]
            moves.append(tuple(not a.equal(b) for a, b in zip(before, after, strict=True)))

    def make(p):
        return Spy(p, lr=0.1)

    spied = dataclasses.replace(plain, optimiser_d=make, optimiser_g=make)
    with reproducible("test"):
        players = Players(spied, SETTINGS, subset().data, 0)
        players.update(1)
    assert moves == [(False, True), (True, False)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e8])
@pytest.mark.parametrize("player", ["discriminator_loss", "generator_loss"])
def test_a_diverged_run_ends_with_what_was_reached(bad, player):
    plain = game(SETTINGS, SHAPE)
    played = 0

    def spoilt(*arguments):
        nonlocal played
        played += 1
        loss = getattr(plain, player)(*arguments)
        return loss * bad if played == 3 else loss

    result = train(job(SETTINGS), dataclasses.replace(plain, **{player: spoilt}))
    assert result.stop_reason == "diverged"
    assert result.history[-1]["iteration"] == 3
    assert all(np.isfinite(a).all() for a in result.model.values())
    assert check_data(result.samples, "samples").shape == (4, 16, 16, 1)
    two = train(job(SETTINGS.model_copy(update={"updates": 2})), plain)
    for name, array in two.model.items():
        if "running" not in name and "tracked" not in name:
            assert (array == result.model[name]).all(), name


def test_a_gradient_that_is_not_finite_never_reaches_the_generator():
    class Trap(torch.autograd.Function):
        @staticmethod
        def forward(ctx, scores):
            return scores.clone()

        @staticmethod
        def backward(ctx, gradient):
            return gradient * float("nan")

    plain = game(SETTINGS, SHAPE)
    trapped = dataclasses.replace(
        plain, generator_loss=lambda d, x, y: Trap.apply(plain.generator_loss(d, x, y))
    )
    result = train(job(SETTINGS), trapped)
    assert result.stop_reason == "diverged"
    assert result.history[-1]["iteration"] == 1
    assert np.isfinite(result.history[-1]["loss_g"])
    assert all(np.isfinite(a).all() for a in result.model.values())


def test_a_penalty_that_is_not_sound_leaves_the_weights_of_the_step_before_it():
    def after(**changed):
        with reproducible("test"):
            spied = dataclasses.replace(game(SETTINGS, SHAPE), **changed)
            players = Players(spied, SETTINGS, subset().data, 0)
            measured = players.update(1)
        return measured, parameters(players.generator)

    spoilt = Lazy(1, lambda generator, latents: generator(latents).sum() * float("nan"))
    measured, kept = after(lazy_g=spoilt)
    assert not sound(measured)
    assert kept.equal(after()[1])


def test_a_checkpoint_holds_the_whole_record():
    """With the pending measurements that a run of over 1,000 updates has between two records."""
    rows = [np.ones((2, 2), np.float32)]
    before = Progress(3, 1.5, [[1.0, 2.0, 3.0]], [[2.0, 0.5, 4.0, 5.0, 6.0]], rows, [0])
    after = Progress.of(before.arrays())
    assert (after.update, after.seconds, after.moments) == (3, 1.5, [0])
    assert (after.pending, after.records) == (before.pending, before.records)
    np.testing.assert_array_equal(after.snapshots, rows)


def test_history_records_the_means_since_the_record_before():
    settings = SETTINGS.model_copy(update={"updates": 2000})
    values = iter(range(10_000))

    class One(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return x[:, :1] + self.weight

    counted = dataclasses.replace(
        game(SETTINGS, SHAPE),
        networks=lambda: (One(), One()),
        discriminator_loss=scored(lambda real, fake: real.sum() * 0 + next(values)),
        generator_loss=scored_generator(lambda fake: fake.sum() * 0),
    )
    points = np.zeros((3, 2), np.float32)
    data = Subset(points, np.full(3, -1), np.arange(3), "zeros", "train", 0)
    history = train(job(settings, data), counted).history
    assert [row["iteration"] for row in history] == list(range(2, 2001, 2))
    assert [row["loss_d"] for row in history] == [i + 0.5 for i in range(0, 2000, 2)]
    seconds = [row["seconds"] for row in history]
    assert seconds == sorted(seconds)


def test_precision_and_memory_order_are_those_asked_for():
    plain = train(job(SETTINGS), game(SETTINGS, SHAPE)).model
    reduced = SETTINGS.model_copy(update={"precision": "bfloat16"})
    other = train(job(reduced), game(reduced, SHAPE)).model
    assert any((plain[name] != other[name]).any() for name in plain)
    for asked in (False, True):
        settings = SETTINGS.model_copy(update={"channels_last": asked})
        players = Players(game(settings, SHAPE), settings, subset().data, 0)
        second = [p for p in players.discriminator.parameters() if p.ndim == 4][1]
        assert second.is_contiguous(memory_format=torch.channels_last) == asked


def test_channels_are_scaled_to_the_last_layer_and_back():
    every = torch.arange(256, dtype=torch.uint8)
    grey, colour = every.reshape(4, 8, 8, 1), every.repeat(3).reshape(4, 8, 8, 3)
    assert to_network(grey).shape == (4, 1, 8, 8)
    assert [to_network(grey).min(), to_network(grey).max()] == [0, 1]
    assert [to_network(colour).min(), to_network(colour).max()] == [-1, 1]
    assert (from_network(to_network(grey)) == grey.numpy()).all()
    assert (from_network(to_network(colour)) == colour.numpy()).all()


@pytest.mark.parametrize(("rows", "batch"), [(5, 3), (3, 7), (4, 4), (1, 2)])
def test_batches_see_every_row_equally_often(rows, batch):
    batches = Batches(rows, batch, 1)
    drawn = np.concatenate([batches[number] for number in range(rows)])
    assert np.bincount(drawn, minlength=rows).tolist() == [batch] * rows
    epochs = [stream("batches", 1, epoch).permutation(rows) for epoch in range(batch)]
    assert drawn.tolist() == np.concatenate(epochs).tolist()
    assert (batches[2] == Batches(rows, batch, 1)[2]).all()


@pytest.mark.parametrize("shape", [(5, 20, 20, 1), (5, 16, 32, 3)])
def test_images_of_a_strange_size_are_refused(shape):
    with pytest.raises(InputError, match=f"images of {shape[1]} x {shape[2]}"):
        DCGAN.check(SETTINGS, shape[1:], shape[0])


def test_too_little_memory_is_named(capsys):
    app = Typer()
    app.command()(lambda: DCGAN.train(job(SETTINGS.model_copy(update={"latent": 10**12}))))
    with pytest.raises(SystemExit, match="1"), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["train"])
        run(app)
    assert capsys.readouterr().err.startswith("error: out of memory (")


def test_a_model_of_other_networks_is_refused():
    with pytest.raises(InputError, match=r"model\.npz"):
        DCGAN.sample({"0.weight": np.zeros((2, 2))}, SETTINGS, (16, 16, 1), 2, 0)


def test_the_callers_random_numbers_and_choice_of_algorithms_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    train(job(SETTINGS.model_copy(update={"updates": 1})), game(SETTINGS, SHAPE))
    assert torch.rand(2).equal(expected)
    assert not torch.are_deterministic_algorithms_enabled()


def test_on_images_the_first_gan_is_dcgan_but_for_its_own_loss():
    def samples(method, model, **settings):
        same = {"updates": 6, "batch": 4, "snapshots": 2, "snapshot_rows": 2}
        return method.train(job(model(**same, **settings))).samples.tobytes()

    ours = samples(DCGAN, DcganSettings)
    assert samples(GAN, VanillaSettings) == ours
    assert samples(GAN, VanillaSettings, loss="minimax") != ours


def test_products_are_of_float32_in_full_and_the_callers_choice_is_back():
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    try:
        cudnn.allow_tf32 = matmul.allow_tf32 = True
        with reproducible("test", 0):
            assert not cudnn.allow_tf32
            assert not matmul.allow_tf32
        assert cudnn.allow_tf32
        assert matmul.allow_tf32
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before
    assert train(job(SETTINGS), game(SETTINGS, (16, 16, 1))).details["tf32"] is False
