"""Promises of GAN(TK)^2's methods beyond the protocol: start points, and points that converge."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks import ablation
from benchmarks.__main__ import app_of
from suite.protocol.artefacts import Subset, check_data
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint
from suite.running.errors import InputError

ENTRIES = METHODS["gantk"].entries
NAMES = ("gantk2", "gantk2-finite")


def rows(n=8, seed=0, shift=0.0):
    data = np.random.default_rng(seed).normal(shift, 0.3, (n, 2)).astype(np.float32)
    return Subset(data, np.zeros(n, np.int64), np.arange(n), "points", "train", 0)


def run(name, subset, **settings):
    resolved = parse(ENTRIES[name].settings, {"snapshots": 2, **settings}, name)
    return ENTRIES[name].train(Job(subset, resolved, 0, 0, 8, Checkpoint(None)))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gantk2", {"step": 20.0}),
        ("gantk2", {"rule": "squares", "kernel": "rbf", "step": 20.0}),
        ("gantk2-finite", {"step": 8.0, "width": 32, "reset": True}),
        ("gantk2-finite", {"step": 8.0, "width": 32, "rule": "squares"}),
    ],
)
def test_points_move_from_the_start_to_the_target(name, settings, tmp_path):
    start, target = rows(12, 1, -1.0), rows(8, 2, 1.0)
    start.save(tmp_path / "start.npz")
    result = run(name, target, start=tmp_path / "start.npz", iterations=60, **settings)
    np.testing.assert_array_equal(result.trajectory.data[0], start.data[:8])
    assert result.details["start_digest"]
    gaps = np.abs(result.trajectory.data.mean(axis=1) - target.data.mean(axis=0)).max(axis=1)
    # LSGAN's c = f^2 moves points only until f is 0.
    assert gaps[-1] < 0.75 * gaps[0]


def test_the_samples_of_a_generator_move_to_the_target_and_can_be_drawn_anew():
    method, target = ENTRIES["gantk2-generator"], rows(16, 2, 1.0)
    settings = {"width": 32, "latent": 4, "iterations": 150, "step": 0.2, "sigma_b2": 1.0}
    result = run("gantk2-generator", target, **settings)
    moved = result.trajectory.data
    gaps = np.abs(moved.mean(axis=1) - target.data.mean(axis=0)).max(axis=1)
    assert gaps[-1] < 0.5 * gaps[0]
    resolved = parse(method.settings, settings, "settings")
    first, again, other = (method.sample(result.model, resolved, (2,), 5, s) for s in (0, 0, 1))
    assert first.shape == (5, 2) and first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_what_a_generator_that_diverged_reached_on_points_can_be_kept():
    """The step is so large that the generated points become infinite."""
    method, settings = ENTRIES["gantk2-generator"], {"width": 8, "latent": 4, "step": 1e20}
    result = run("gantk2-generator", rows(), iterations=5, **settings)
    resolved = parse(method.settings, settings, "settings")
    assert result.stop_reason == "diverged"
    for points in (
        result.samples,
        result.trajectory.data[-1],
        method.sample(result.model, resolved, (2,), 5, 0),
    ):
        assert np.abs(check_data(points, "points")).max() > 1e38


def test_a_generator_has_no_start():
    settings = parse(ENTRIES["gantk2-generator"].settings, {"start": "a.npz"}, "settings")
    with pytest.raises(InputError, match="leave the settings start and clip out"):
        ENTRIES["gantk2-generator"].check(settings, (2,), 8)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("start", "words"),
    [(None, "nowhere"), (rows(4), "has 4 rows of shape .2., but 8 rows of shape .2. are needed")],
    ids=["no file", "too few rows"],
)
def test_a_start_that_does_not_fit_is_refused_before_any_job(name, start, words, tmp_path):
    path = tmp_path / "nowhere.npz"
    if start is not None:
        start.save(path)
    settings = parse(ENTRIES[name].settings, {"start": str(path)}, name)
    with pytest.raises(InputError, match=words) as caught:
        ENTRIES[name].check(settings, (2,), 8)
    assert "\n" not in str(caught.value)


def test_convolutions_need_square_images():
    settings = parse(ENTRIES["gantk2"].settings, {"convs": 1}, "gantk2")
    with pytest.raises(InputError, match="square images"):
        ENTRIES["gantk2"].check(settings, (2,), 8)


def test_seeds_start_elsewhere():
    first, again, other = (
        ENTRIES["gantk2"]
        .train(
            Job(
                rows(4),
                parse(ENTRIES["gantk2"].settings, {"iterations": 1, "kernel": "rbf"}, "gantk2"),
                seed,
                0,
                4,
                Checkpoint(None),
            )
        )
        .trajectory.data[0]
        for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_the_ablation_has_a_line_for_every_run_and_moment(tmp_path):
    values = {
        "name": "tiny",
        "samples": 4,
        "metrics": ["w2_train", "w2_heldout"],
        "seeds": {"training": [0]},
        "datasets": {"ring8": {"heldout": 8}},
        "experiments": {
            "ablation": {
                "datasets": {"ring8": {"n": [4]}},
                "methods": {
                    "gantk2": {"through": [False, True], "kernel": "rbf", "iterations": 3},
                },
            }
        },
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(json.dumps(values), encoding="utf-8")
    printed = CliRunner().invoke(app_of(ablation), [str(path), "--moments", "2"])
    assert printed.exit_code == 0
    lines = [line for line in printed.stdout.splitlines() if "| ring8, n = 4 | " in line]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert [cell[4] for cell in cells] == ["1", "3", "1", "3"]
    assert [bool(cell[-1]) for cell in cells] == [False, True, False, True]
    # Another gradient gives another path from the same start.
    assert cells[1][5] != cells[3][5]
