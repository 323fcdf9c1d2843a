"""Early stopping, and the average of the weights."""

import numpy as np
import pytest
import torch

from baselines.methods.dcgan import DCGAN, DcganSettings, game
from baselines.players import Players
from baselines.reproducible import reproducible
from baselines.stopping import EarlyStopping
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job
from suite.running.checkpoint import Checkpoint


def watch(distances, patience=50, delta=0.05):
    stopping = EarlyStopping(patience, delta)
    for update, distance in enumerate(distances, start=1):
        if stopping.stops_after(update, distance):
            return update, stopping
    return None, stopping


def test_a_constant_distance_ends_after_the_patience():
    stopped, stopping = watch([0.3] * 200)
    assert (stopped, stopping.best_update) == (51, 1)


def test_no_patience_never_stops():
    assert watch([0.3] * 200, patience=None)[0] is None


def test_a_distance_that_rises_and_falls_stops_after_its_end():
    rise, fall, flat = np.linspace(0, 10, 200), np.linspace(10, 2, 1000), np.full(3000, 2.0)
    stopped, stopping = watch([*rise, *fall, *flat], patience=400)
    assert stopped == stopping.best_update + 400
    assert 1200 <= stopping.best_update < 1800
    assert stopping.lowest == pytest.approx(2, abs=0.1)
    assert 8 < stopping.highest < 10


def test_noise_within_delta_is_no_change():
    noise = 0.02 * np.random.default_rng(0).standard_normal(500)
    assert watch(1 + noise, patience=300)[0] == 301


def test_its_state_goes_on_where_it_was():
    distances = np.sin(np.arange(400) / 40) + 1
    _, whole = watch(distances, patience=400)
    _, half = watch(distances[:200], patience=400)
    other = EarlyStopping(400, 0.05)
    other.restore(half.array())
    for update in range(201, 401):
        other.stops_after(update, distances[update - 1])
    assert other == whole


def test_a_run_that_stops_early_says_so_and_when():
    data = np.zeros((4, 2), np.float32)
    subset = Subset(data, np.full(4, -1), np.arange(4), "zeros", "train", 0)
    settings = DcganSettings(updates=500, batch=4, patience=7, delta=100.0, snapshot_rows=2)
    result = DCGAN.train(Job(subset, settings, 0, 0, 3, Checkpoint(None)))
    assert result.stop_reason == "early-stopping"
    assert result.details["best_iteration"] == 1
    assert result.history[-1]["iteration"] == result.trajectory.iterations[-1] == 8


def test_the_average_follows_the_weights_with_its_half_life():
    settings = DcganSettings(batch=4, ema_halflife=12.0)
    data = np.random.default_rng(0).random((4, 2), np.float32)
    with reproducible("test"):
        players = Players(game(settings, (2,)), settings, data, 0)
        expected = [p.detach().clone() for p in players.generator.parameters()]
        for number in range(1, 100):
            players.update(number)
            # Three batches are a half-life, as soon as 5 % of the seen images are more.
            share = 1 - 0.5 ** (4 / min(12, 0.05 * 4 * number))
            expected = [
                e + share * (p.detach() - e)
                for e, p in zip(expected, players.generator.parameters(), strict=True)
            ]
    for kept, by_hand in zip(players.average.parameters(), expected, strict=True):
        assert torch.allclose(kept, by_hand, atol=1e-6)
    assert players.sampled is players.average


def test_what_is_watched_is_minus_the_discriminators_loss(monkeypatch):
    watched = []
    monkeypatch.setattr(
        EarlyStopping, "stops_after", lambda self, update, distance: watched.append(distance)
    )
    data = np.random.default_rng(0).random((4, 2), np.float32)
    subset = Subset(data, np.full(4, -1), np.arange(4), "noise", "train", 0)
    settings = DcganSettings(updates=5, batch=4, snapshot_rows=2)
    history = DCGAN.train(Job(subset, settings, 0, 0, 3, Checkpoint(None))).history
    assert watched == [-row["loss_d"] for row in history]
    assert len(watched) == 5
