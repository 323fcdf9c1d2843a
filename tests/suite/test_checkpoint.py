"""Checkpoints: whole or absent, and only ever of the same run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from suite.running.checkpoint import Checkpoint
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
    assert "of another run" in capsys.readouterr().err


def test_damaged_state_starts_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(b"PK damaged")
    assert Checkpoint(path, "key").load() is None
    assert "starting anew" in capsys.readouterr().err


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
    """kill -9 at moments spread over a write of 16 MB: the state read is never half of two."""
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


def test_attempts_go_on_while_the_checkpoint_advances(tmp_path: Path) -> None:
    """As a scheduler with a time limit starts a job again and again."""
    for reached in range(5):
        state = Checkpoint(tmp_path / "part1.npz", "key")
        state.begin()
        state.save({"iteration": np.array(reached)})
        os.utime(state.path, ns=(reached, reached))
    state.clear()
    assert not list(tmp_path.iterdir())


def test_attempts_without_progress_are_refused_and_deleting_the_count_mends_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "part1.npz"
    Checkpoint(path, "key").save({"iteration": np.array(1)})
    for _ in range(2):
        Checkpoint(path, "key").begin()
    with pytest.raises(InputError, match=r"2 attempts ended .* delete .*part1\.attempts"):
        Checkpoint(path, "key").begin()
    Checkpoint(path, "another run").begin()
    Checkpoint(tmp_path / "part1.autoencoder.npz", "").save({"iteration": np.array(1)})
    Checkpoint(path, "key").begin()
    (tmp_path / "part1.attempts").unlink()
    Checkpoint(path, "key").begin()
    Checkpoint(None).begin()


def test_the_checkpoints_of_other_parts_are_no_progress(tmp_path: Path) -> None:
    path = tmp_path / "part1.npz"
    for other in (10, 11):
        Checkpoint(path, "key").begin()
        Checkpoint(tmp_path / f"part{other}.npz", "key").save({"iteration": np.array(other)})
    with pytest.raises(InputError, match="attempts"):
        Checkpoint(path, "key").begin()
