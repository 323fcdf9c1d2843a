"""What every registered baseline must do. Methods that are added later are tested too."""

from dataclasses import replace

import numpy as np
import pytest

from suite.protocol.artefacts import Subset, check_data
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint

ENTRIES = METHODS["baselines"].entries
UPDATES = 5
SMALL = {"updates": UPDATES, "batch": 4, "snapshots": 3, "snapshot_rows": 3}


class Killed(Exception):
    pass


class KilledAfter(Checkpoint):
    """A checkpoint that is saved after every update and kills the process after some saves."""

    deadly = 0

    def due(self):
        return True

    def save(self, state):
        super().save(state)
        self.deadly -= 1
        if self.deadly == 0:
            raise Killed


def images(n=6, side=16, channels=3):
    data = np.random.default_rng(0).integers(0, 256, (n, side, side, channels), np.uint8)
    return Subset(data, np.full(n, -1), np.arange(n), "noise", "train", 0)


def points(n=6):
    data = np.random.default_rng(0).random((n, 2), np.float32)
    return Subset(data, np.full(n, -1), np.arange(n), "noise", "train", 0)


SUBSETS = {"colour": images(), "grey": images(channels=1), "points": points()}


def settings_of(method, **settings):
    return parse(method.settings, {**method.tiny, **SMALL, **settings}, method.name)


def job(method, subset, checkpoint=None, seed=0, **settings):
    resolved = settings_of(method, **settings)
    return Job(subset, resolved, seed, 0, 7, checkpoint or Checkpoint(None))


def losses(result):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in result.history]


def assert_same(one, other):
    assert one.samples.tobytes() == other.samples.tobytes()
    assert one.trajectory.data.tobytes() == other.trajectory.data.tobytes()
    assert one.trajectory.iterations.tolist() == other.trajectory.iterations.tolist()
    assert losses(one) == losses(other)
    assert one.stop_reason == other.stop_reason
    assert one.model.keys() == other.model.keys()
    for name, array in one.model.items():
        assert array.tobytes() == other.model[name].tobytes(), name


@pytest.fixture(scope="module", params=[(m, s) for m in ENTRIES for s in SUBSETS], ids=str)
def case(request):
    """A method, a subset, and the result of training the method on the subset."""
    name, kind = request.param
    method, subset = ENTRIES[name], SUBSETS[kind]
    return method, subset, method.train(job(method, subset))


def killed_twice(method, subset, folder, **settings):
    checkpoint = KilledAfter(folder / "checkpoint.npz", "key")
    for updates in (3, 1):
        checkpoint.deadly = updates
        with pytest.raises(Killed):
            method.train(job(method, subset, checkpoint, **settings))
    left = Checkpoint(folder / "checkpoint.npz", "key")
    assert int(left.load()["update"]) == 4
    return method.train(job(method, subset, left, **settings))


def test_a_killed_run_goes_on_to_the_same_bytes(case, tmp_path):
    method, subset, whole = case
    assert_same(whole, killed_twice(method, subset, tmp_path))


@pytest.mark.parametrize(
    "settings",
    [
        # bfloat16 is slow on a CPU, so it gets fewer steps and rows.
        {"precision": "bfloat16", "channels_last": True, "n_dis": 1, "batch": 2},
        {"ema_halflife": 10.0, "patience": 100, "delta": 0.0},
        {"augment": ["translation", "cutout", "colour"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ENTRIES)
def test_so_it_does_with_every_option_of_the_loop(name, settings, tmp_path):
    method, subset = ENTRIES[name], SUBSETS["colour"]
    whole = method.train(job(method, subset, **settings))
    assert_same(whole, killed_twice(method, subset, tmp_path, **settings))
    assert whole.details["precision"] == settings.get("precision", "float32")


def test_one_seed_gives_one_result_whatever_the_snapshots_and_another_seed_another(case):
    method, subset, first = case
    again = method.train(job(method, subset, snapshots=2, snapshot_rows=5))
    assert again.trajectory.data.shape[:2] == (3, 5)
    assert_same(first, replace(again, trajectory=first.trajectory))
    other = method.train(job(method, subset, seed=1))
    assert first.samples.tobytes() != other.samples.tobytes()
    assert losses(first) != losses(other)


def test_the_result_is_valid(case):
    method, subset, result = case
    assert check_data(result.samples, method.name).shape == (7, *subset.data.shape[1:])
    assert result.samples.dtype == subset.data.dtype
    assert len(np.unique(result.samples, axis=0)) > 1
    assert result.stop_reason == "budget"
    assert result.trajectory.data.shape == (4, 3, *subset.data.shape[1:])
    assert result.trajectory.iterations.tolist() == [0, 1, 2, 5]
    assert list(result.history[0])[:2] == ["iteration", "seconds"]
    assert [row["iteration"] for row in result.history] == list(range(1, UPDATES + 1))
    assert all(np.isfinite(list(row.values())).all() for row in result.history)
    assert result.details["parameters"]["generator"] > 0
    assert result.details["threads"] >= 1


def test_training_changes_what_the_generator_draws(case):
    _, _, result = case
    assert result.trajectory.data[0].tobytes() != result.trajectory.data[-1].tobytes()


def test_sampling_from_the_model_is_seeded_and_of_the_same_kind(case):
    method, subset, result = case
    settings = settings_of(method)

    def draw(seed):
        return method.sample(result.model, settings, subset.data.shape[1:], 5, seed)

    assert draw(0).shape == (5, *subset.data.shape[1:])
    assert check_data(draw(0), method.name).dtype == subset.data.dtype
    assert draw(0).tobytes() == draw(0).tobytes() != draw(1).tobytes()


@pytest.mark.parametrize("kind", ["grey", "points"])
@pytest.mark.parametrize("name", ENTRIES)
def test_a_run_that_explodes_says_so_and_leaves_what_it_reached(name, kind):
    method, subset = ENTRIES[name], SUBSETS[kind]
    result = method.train(job(method, subset, learning_rate=1e30))
    assert result.stop_reason == "diverged"
    assert result.history[-1]["iteration"] < UPDATES
    check_data(result.samples, name)
    check_data(result.trajectory.data[-1], name)
    again = method.sample(result.model, settings_of(method), subset.data.shape[1:], 5, 0)
    check_data(again, name)
    weights = {k: v for k, v in result.model.items() if "running" not in k}
    assert all(np.isfinite(array).all() for array in weights.values())


@pytest.mark.parametrize("name", ENTRIES)
def test_every_setting_says_what_it_is(name):
    for field, info in ENTRIES[name].settings.model_fields.items():
        assert info.description, field
        assert not info.is_required(), field
