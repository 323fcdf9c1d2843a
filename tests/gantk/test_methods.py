"""Every registered method of the room follows the protocol. New methods are tested too."""

import json

import numpy as np
import pytest

from gantk.images import initial_rows
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint
from suite.running.errors import InputError

ENTRIES = METHODS["gantk"].entries


class Killed(Exception):
    pass


def subset(n=6, shape=(28, 28, 1)):
    data = np.random.default_rng(0).integers(0, 256, (n, *shape), np.uint8)
    return Subset(data, np.zeros(n, np.int64), np.arange(n), "noise", "train", 0)


def job(name, checkpoint=None, rows=None, seed=0, part=0, **settings):
    values = {**ENTRIES[name].tiny, **settings}
    return Job(
        rows or subset(),
        parse(ENTRIES[name].settings, values, name),
        seed,
        part,
        9,
        checkpoint or Checkpoint(None),
    )


AUGMENTED = {"augment": ["translation", "cutout", "colour"], "schedule": "cosine"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        # Two latents, so that the generator below has the same program.
        *((name, {"latent": 2} if name == "ga-cntkg" else {}) for name in ENTRIES),
        ("ga-cntk-batch", AUGMENTED),
        ("ga-fntk", AUGMENTED),
    ],
)
def test_method_returns_what_the_protocol_says_and_survives_a_kill(
    name, settings, tmp_path, monkeypatch
):
    method = ENTRIES[name]
    whole = method.train(job(name, **settings))
    count = 9 if method.sample else 6
    assert whole.samples.shape == (count, 28, 28, 1) and whole.samples.dtype == np.uint8
    budget = method.tiny["iterations"]
    assert whole.trajectory.iterations[[0, -1]].tolist() == [0, budget]
    assert whole.trajectory.data.shape[1] == 6  # a generator's snapshots too
    assert [row["iteration"] for row in whole.history] == list(range(budget))
    assert list(whole.history[0])[:2] == ["iteration", "seconds"]
    assert whole.stop_reason == "budget"
    json.dumps(whole.details)

    save = Checkpoint.save

    def save_then_die(self, state):
        save(self, state)
        raise Killed

    monkeypatch.setattr(Checkpoint, "save", save_then_die)
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", every=0.0)
    with pytest.raises(Killed):
        method.train(job(name, checkpoint, **settings))
    monkeypatch.undo()
    resumed = method.train(job(name, checkpoint, **settings))
    np.testing.assert_array_equal(resumed.samples, whole.samples)
    np.testing.assert_array_equal(resumed.trajectory.data, whole.trajectory.data)
    losses = [[row["loss"] for row in result.history] for result in (resumed, whole)]
    assert losses[0] == losses[1]


def test_seeds_and_parts_start_elsewhere():
    start = [initial_rows("uniform", (3, 2), *seeds) for seeds in ((0, 0), (0, 1), (1, 0))]
    assert len({array.tobytes() for array in start}) == 3
    np.testing.assert_array_equal(start[0], initial_rows("uniform", (3, 2), 0, 0))


@pytest.mark.parametrize(("start", "spread"), [("uniform", 12**-0.5), ("normal", 0.25)])
def test_rows_start_around_grey(start, spread):
    rows = initial_rows(start, (100, 100), 0, 0)
    assert rows.mean() == pytest.approx(0.5, abs=0.01)
    assert rows.std() == pytest.approx(spread, rel=0.03)
    assert (rows.max() > 1) == (start == "normal")


@pytest.fixture(scope="module")
def two_latents():
    """GA-CNTKg with two latents, and its settings."""
    asked = job("ga-cntkg", latent=2, snapshot_rows=8)
    return ENTRIES["ga-cntkg"].train(asked), asked.settings


def test_a_snapshot_of_a_generator_has_the_rows_asked_for(two_latents):
    assert two_latents[0].trajectory.data.shape[1] == 8


def test_generator_draws_any_number_by_seed(two_latents):
    result, settings = two_latents
    first, again, other = (
        ENTRIES["ga-cntkg"].sample(result.model, settings, (28, 28, 1), 5, seed)
        for seed in (0, 0, 1)
    )
    assert first.shape == (5, 28, 28, 1) and first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_places_of_the_latent_space_are_those_asked_for(two_latents):
    (result, settings), shape = two_latents, (28, 28, 1)
    z = np.array([[-1, 0], [1, 0.5], [2, -2]], np.float32)
    generate = ENTRIES["ga-cntkg"].generate
    made = generate(result.model, settings, shape, z)
    assert made.shape == (3, 28, 28, 1) and len({image.tobytes() for image in made}) == 3
    np.testing.assert_array_equal(generate(result.model, settings, shape, z[::-1]), made[::-1])


def test_code_space_trains_and_draws():
    result = ENTRIES["ga-cntkg"].train(job("ga-cntkg", space="code", latent=2))
    assert result.samples.shape == (9, 28, 28, 1)


def test_fully_connected_kernel_takes_points():
    points = np.random.default_rng(0).random((6, 2)).astype(np.float32)
    rows = Subset(points, np.zeros(6, np.int64), np.arange(6), "points", "train", 0)
    result = ENTRIES["ga-fntk"].train(job("ga-fntk", rows=rows))
    assert result.samples.shape == (6, 2) and result.samples.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "settings", "shape", "words"),
    [
        ("ga-cntk-batch", {"batch": 7}, (28, 28, 1), "choose at most 6"),
        ("ga-cntkg", {"batch": 7}, (28, 28, 1), "choose at most 6"),
        ("ga-cntk", {}, (28, 20, 1), "square images"),
        ("ga-cntkg", {}, (20, 20, 1), "the generator takes images with a side of 28,"),
        ("ga-cntkg", {"space": "code"}, (20, 20, 1), "the autoencoder takes images with a side of"),
        ("ga-cntk-multires", {"levels": [28, 9]}, (28, 28, 1), "divide"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(name, settings, shape, words):
    with pytest.raises(InputError, match=words) as caught:
        ENTRIES[name].check(job(name, **settings).settings, shape, 6)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("space", ["code", "image"])
def test_a_file_that_is_not_there_is_refused_before_any_job(space, tmp_path):
    given = {"space": space, "autoencoder_data": str(tmp_path / "nowhere.npz")}
    settings = job("ga-cntkg", **given).settings
    with pytest.raises(InputError, match=r"nowhere\.npz: no such file"):
        ENTRIES["ga-cntkg"].check(settings, (28, 28, 1), 6)


@pytest.mark.parametrize("lam", [-1, 0, "large", float("nan")])
def test_lambda_must_be_positive(lam):
    with pytest.raises(InputError, match="lam"):
        parse(ENTRIES["ga-cntk"].settings, {"lam": lam}, "settings")


def test_peer_kernel_and_every_blocking_give_the_same_run():
    settings = {"rows": {}, "whole": {"blocking": "whole"}, None: {"kernel": "neural-tangents"}}
    results = {
        blocking: ENTRIES["ga-cntk"].train(job("ga-cntk", precision="float64", **given))
        for blocking, given in settings.items()
    }
    for blocking, result in results.items():
        assert [kernel["blocking"] for kernel in result.details["kernels"]] == [blocking]
        np.testing.assert_array_equal(result.samples, results["rows"].samples)
    assert results["rows"].details["kernels"][0]["tile"] == 1  # of 6 rows for 4 devices
