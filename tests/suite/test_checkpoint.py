"""Checkpoints: complete or absent, and always of the same run."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from suite.running.checkpoint import ATTEMPTS, OTHERS, WORKFLOW_RUN, Checkpoint, state_file
from suite.running.errors import InputError
from suite.running.provenance import ROOT

WRITER = """
import sys, numpy as np
from pathlib import Path
from suite.running.checkpoint import Checkpoint
from suite.running.errors import InputError
checkpoint = Checkpoint(Path(sys.argv[1]), "key")
iteration = 0
while True:
    iteration += 1
    checkpoint.save({"iteration": np.array(iteration), "state": np.full(2_000_000, iteration)})
    print(iteration, flush=True)
"""


def test_state_survives(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    state = {"x": np.arange(3.0), "iteration": np.array(7)}
    Checkpoint(path, "key").save(state)
    loaded = Checkpoint(path, "key").load()
    assert loaded is not None and loaded.keys() == state.keys()
    np.testing.assert_array_equal(loaded["x"], state["x"])


def test_state_of_another_run_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "state.npz"
    Checkpoint(path, "one").save({"x": np.zeros(1)})
    assert Checkpoint(path, "other").load() is None
    assert "belongs to another run" in capsys.readouterr().err


def test_damaged_state_starts_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(b"PK damaged")
    assert Checkpoint(path, "key").load() is None
    assert "starting from the beginning" in capsys.readouterr().err


def test_no_path_keeps_nothing_and_clear_forgets(tmp_path: Path) -> None:
    nowhere = Checkpoint(None, "key", every=0)
    nowhere.save({"x": np.zeros(1)})
    assert nowhere.load() is None and not nowhere.due()
    here = Checkpoint(tmp_path / "state.npz", "key", every=0)
    assert here.due()
    here.save({"x": np.zeros(1)})
    here.clear()
    here.clear()
    assert here.load() is None


def test_a_write_is_due_only_after_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    checkpoint = Checkpoint(tmp_path / "state.npz", "key", every=30.0, _last=now)
    assert not checkpoint.due()
    now += 30
    assert checkpoint.due()
    checkpoint.save({"x": np.zeros(1)})
    assert not checkpoint.due()


def test_killed_while_writing_leaves_a_whole_state(tmp_path: Path) -> None:
    """kill -9 at several moments while 16 MB are written: the state on disk is always complete."""
    path = tmp_path / "state.npz"
    for delay in np.linspace(0, 0.05, 6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        done = int(writer.stdout.readline())
        time.sleep(delay)
        writer.kill()
        writer.wait()
        state = Checkpoint(path, "key").load()
        assert state is not None
        iteration = int(state["iteration"])
        assert iteration >= done
        assert (state["state"] == iteration).all()


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Start a run of the workflow with this name."""

    def start(name: str) -> None:
        monkeypatch.setenv(WORKFLOW_RUN, name)

    start("first")
    return start


def test_attempts_go_on_while_the_checkpoint_advances(
    tmp_path: Path, workflow: Callable[[str], None]
) -> None:
    """A scheduler with a time limit starts a job again and again."""
    for reached in range(5):
        state = Checkpoint(tmp_path / "part1.npz", "key")
        state.begin()
        state.save({"iteration": np.array(reached)})
        os.utime(state.path, ns=(reached, reached))
    state.clear()
    assert not list(tmp_path.iterdir())


def test_attempts_without_progress_are_refused_within_one_run_of_the_workflow(
    tmp_path: Path, workflow: Callable[[str], None]
) -> None:
    """A new run of the workflow, or the job started by hand, is never refused."""
    path = tmp_path / "part1.npz"
    Checkpoint(path, "key").save({"iteration": np.array(1)})
    for name in ("first", "second", "third"):
        workflow(name)
        for _ in range(ATTEMPTS):
            Checkpoint(path, "key").begin()
        with pytest.raises(InputError, match=r"2 attempts in a row were killed .* start the work"):
            Checkpoint(path, "key").begin()
    Checkpoint(tmp_path / "part1.autoencoder.npz", "").save({"iteration": np.array(1)})
    Checkpoint(path, "key").begin()
    workflow("")
    for _ in range(ATTEMPTS + 1):
        Checkpoint(path, "key").begin()
        Checkpoint(None).begin()


def test_the_checkpoints_of_other_parts_are_no_progress(
    tmp_path: Path, workflow: Callable[[str], None]
) -> None:
    path = tmp_path / "part1.npz"
    for other in (10, 11):
        Checkpoint(path, "key").begin()
        Checkpoint(tmp_path / f"part{other}.npz", "key").save({"iteration": np.array(other)})
    with pytest.raises(InputError, match="attempts"):
        Checkpoint(path, "key").begin()


def test_each_version_of_a_run_has_a_state_and_the_oldest_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A version resumes its state when it returns, for example after its code was restored."""
    keys = [f"{digit}" * 16 for digit in "abcdef"]
    for age, key in enumerate(keys):
        state = Checkpoint(state_file(tmp_path / "part1.npz", key), key)
        Checkpoint(state_file(tmp_path / "part10.npz", key), key).save({"x": np.zeros(1)})
        state.begin()
        state.save({"x": np.array(age)})
        os.utime(state.path, (age, age))
        autoencoder = state.path.with_suffix(".autoencoder.npz")
        Checkpoint(autoencoder, key).save({"x": np.array(age)})
    said = capsys.readouterr().err
    left = [f"part1.{key}.npz" for key in keys[-OTHERS - 1 :]]
    assert (
        sorted(path.name for path in tmp_path.glob("part1.*.npz") if "auto" not in str(path))
        == left
    )
    assert len(list(tmp_path.glob("part1.*.autoencoder.npz"))) == len(left)
    assert len(list(tmp_path.glob("part10.*.npz"))) == len(keys)
    assert said.count("it is kept") == 0 + 1 + 2 + 3 + 3 + 3
    back = Checkpoint(state_file(tmp_path / "part1.npz", keys[3]), keys[3])
    back.begin()
    assert back.load() == {"x": 3} and not capsys.readouterr().err


def test_half_of_a_write_is_deleted(tmp_path: Path) -> None:
    (tmp_path / ".part1.npz.123.npz").write_bytes(b"half")
    Checkpoint(tmp_path / "part1.npz", "key").begin()
    assert not list(tmp_path.iterdir())
