"""The descent: resume, stop rules and divergence, on a loss whose path is known."""

from itertools import count
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from gantk.descent import loop as descent
from gantk.descent import programs
from gantk.descent.loop import descend
from gantk.settings import DescentSettings
from suite.running.checkpoint import Checkpoint


class Killed(Exception):
    pass


def quadratic(parameters, iteration, constants):
    """|p|^2 / 2 plus a term that depends on the iteration, like a loss on random batches."""
    return jnp.sum(parameters**2) / 2 + constants * jnp.sin(iteration)


def run(checkpoint=None, loss=quadratic, start=1.0, project=lambda p: p, **settings):
    values = {"step": 0.1, "iterations": 60, "delta": 0.0, **settings}
    return descend(
        loss,
        jnp.full(3, start),
        jnp.float64(0.0),
        DescentSettings(**values),
        checkpoint or Checkpoint(None),
        render=lambda p: np.asarray(p, np.float32)[:, None],
        project=project,
    )


def test_gradient_descent_follows_its_closed_form():
    result = run()
    np.testing.assert_allclose(result.parameters, 0.9**60, rtol=1e-12)
    assert [row["iteration"] for row in result.history] == list(range(60))
    losses = [row["loss"] for row in result.history]
    np.testing.assert_allclose(losses, 1.5 * 0.81 ** np.arange(60), rtol=1e-12)
    assert result.stop_reason == "budget"
    assert result.trajectory.iterations[[0, -1]].tolist() == [0, 60]


def test_adam_makes_steps_of_its_size_on_a_constant_gradient():
    result = run(
        loss=lambda p, i, c: jnp.sum(p), optimiser="adam", iterations=10, step=0.01, start=0.0
    )
    np.testing.assert_allclose(result.parameters, -0.1, rtol=1e-6)


@pytest.mark.parametrize("optimiser", ["gradient-descent", "adam"])
def test_cosine_schedule_takes_the_step_to_nothing(optimiser):
    """The gradient is 1, so both rules move by the step size: step (1 + cos(pi i / N)) / 2."""
    result = run(
        loss=lambda p, i, c: jnp.sum(p),
        start=0.0,
        optimiser=optimiser,
        schedule="cosine",
        step=0.01,
        iterations=8,
        snapshots=100,
    )
    steps = 0.005 * (1 + np.cos(np.pi * np.arange(8) / 8))
    np.testing.assert_allclose(
        result.trajectory.data[:, 0, 0], [0, *-np.cumsum(steps)], rtol=1e-5, atol=1e-9
    )


def test_clipping_bounds_the_step():
    result = run(start=100.0, iterations=1, clip_norm=1.0, step=1.0)
    np.testing.assert_allclose(np.linalg.norm(100.0 - result.parameters), 1.0, rtol=1e-9)


def test_every_update_is_projected():
    """|p|^2 / 2 with p projected to 0.5 or more: p stops at 0.5."""
    result = run(project=lambda p: jnp.maximum(p, 0.5), snapshots=100)
    expected = np.maximum(0.9**result.trajectory.iterations, 0.5)
    np.testing.assert_allclose(result.trajectory.data[:, 0, 0], expected, rtol=1e-6)
    np.testing.assert_array_equal(result.parameters, 0.5)


@pytest.mark.parametrize("clip_norm", [None, 2.0])
def test_adam_is_that_of_its_paper_on_clipped_gradients(clip_norm):
    """Algorithm 1 of Kingma & Ba (2015) by hand. The gradient of |p|^2 / 2 is p."""
    p, first, second = np.full(3, 3.0), np.zeros(3), np.zeros(3)
    for t in range(1, 21):
        g = p * min(1, (clip_norm or np.inf) / np.linalg.norm(p))
        first, second = 0.3 * first + 0.7 * g, 0.9 * second + 0.1 * g**2
        p = p - 0.2 * (first / (1 - 0.3**t)) / (np.sqrt(second / (1 - 0.9**t)) + 1e-8)
    result = run(
        start=3.0,
        optimiser="adam",
        step=0.2,
        beta1=0.3,
        beta2=0.9,
        iterations=20,
        clip_norm=clip_norm,
    )
    np.testing.assert_allclose(result.parameters, p, rtol=1e-6)


@pytest.mark.parametrize("optimiser", ["gradient-descent", "adam"])
def test_a_killed_descent_goes_on_where_it_stood(tmp_path, monkeypatch, optimiser):
    """The clock advances by one second per iteration."""
    monkeypatch.setattr(descent, "time", SimpleNamespace(perf_counter=count().__next__))
    monkeypatch.setattr(programs, "time", SimpleNamespace(perf_counter=lambda: 0))
    whole = run(optimiser=optimiser, schedule="cosine")
    assert [row["seconds"] for row in whole.history] == list(range(1, 61))
    path = tmp_path / "checkpoint.npz"
    save, saves = Checkpoint.save, count(1)

    def save_then_die(self, state):
        save(self, state)
        if next(saves) % 9 == 0:
            raise Killed

    monkeypatch.setattr(Checkpoint, "save", save_then_die)
    kills = 0
    while True:
        try:
            resumed = run(Checkpoint(path, every=0.0), optimiser=optimiser, schedule="cosine")
            break
        except Killed:
            kills += 1
    assert kills > 2
    np.testing.assert_array_equal(resumed.parameters, whole.parameters)
    np.testing.assert_array_equal(resumed.trajectory.data, whole.trajectory.data)
    assert resumed.history == whole.history


@pytest.mark.parametrize("settings", [{}, {"patience": 3, "delta": 10.0}])
def test_a_descent_that_has_ended_is_kept_and_not_made_again(tmp_path, settings):
    """Also with rare checkpoints. The second run has another loss, which would show."""
    path = tmp_path / "checkpoint.npz"
    whole = run(Checkpoint(path, every=1e9), **settings)
    again = run(Checkpoint(path, every=1e9), loss=lambda p, i, c: jnp.sum(p**4), **settings)
    np.testing.assert_array_equal(again.parameters, whole.parameters)
    np.testing.assert_array_equal(again.trajectory.data, whole.trajectory.data)
    assert again.history == whole.history and again.stop_reason == whole.stop_reason


def test_early_stopping_counts_from_the_best():
    """The loss falls by 1 for ten iterations, then once by less than `delta`."""
    result = run(loss=lambda p, i, c: -jnp.minimum(i, 10.4) + 0 * jnp.sum(p), patience=7, delta=0.5)
    assert result.stop_reason == "early-stopping"
    assert result.best_iteration == 10
    assert result.trajectory.iterations[-1] == 17


def test_gradient_norm_stops():
    result = run(gradient_norm=0.5)
    assert result.stop_reason == "gradient-norm"
    assert np.linalg.norm(result.parameters) < 0.5 <= np.linalg.norm(result.parameters) / 0.9


def test_divergence_keeps_the_last_finite_parameters():
    result = run(loss=lambda p, i, c: jnp.where(i < 5, 1.0, jnp.nan) * jnp.sum(p))
    assert result.stop_reason == "diverged"
    np.testing.assert_allclose(result.parameters, 1 - 5 * 0.1)
    assert result.trajectory.iterations[-1] == 5


def test_history_thins_out():
    kept = [i for i in range(1100) if descent._recorded(i)]
    assert kept[:1000] == list(range(1000)) and kept[1000:] == list(range(1000, 1100, 10))
