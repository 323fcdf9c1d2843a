"""Training with the shared command: the files of a run, and which checkpoint belongs to it."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from suite.protocol.artefacts import Subset, Trajectory, load_samples, save_samples
from suite.protocol.method import (
    METHODS,
    Job,
    Method,
    MethodSettings,
    Result,
    snapshot_iterations,
    square,
)
from suite.running import files
from suite.running.checkpoint import WORKFLOW_RUN, Checkpoint
from suite.running.errors import InputError
from suite.running.files import write_arrays, write_json
from suite.running.finished import fault, forget, lock_of
from suite.running.provenance import ROOT
from suite.running.training import Place, history_text, run_method, training_app


class MadeSettings(MethodSettings):
    length: int = 3


class FileSettings(MadeSettings):
    rows: Path | None = None


def rows(shift: int = 0) -> Subset:
    data = np.arange(2 * 16, dtype=np.uint8).reshape(2, 4, 4, 1) + np.uint8(shift)
    return Subset(data, np.zeros(2, np.int64), np.arange(2), "mnist", "train", 0)


def run(folder: Path, checkpoint: Path, **changes: object) -> Job:
    """Run a method that only stores its job, and return the job."""
    jobs: list[Job] = []

    def train(job: Job) -> Result:
        jobs.append(job)
        data = job.subset.data
        history = [{"iteration": 0, "seconds": 0.5}, {"iteration": 1, "seconds": 2.0}]
        trajectory = Trajectory(np.stack([data, data]), np.array([0, 6]))
        return Result(data, trajectory, history, "budget", 0.0, "cpu")

    method = Method(changes.pop("name", "made"), "Made", MadeSettings, train)
    source = changes.pop("source", {"a.py": "digest of source"})
    places = [Place(changes.pop("part", 2), folder, checkpoint)]
    job = replace(Job(rows(), MadeSettings(), seed=1, part=0, samples=3), **changes)
    run_method(method, source, job, places, checkpoint_every=0.0, framework="torch")
    return jobs[0]


CHANGES = {
    "name": "other",
    "source": {"a.py": "digest of edited source"},
    "subset": rows(1),
    "settings": MadeSettings(length=4),
    "seed": 9,
    "part": 9,
    "samples": 9,
}


@pytest.mark.parametrize("change", CHANGES)
def test_checkpoint_belongs_to_all_that_decides_the_result(change: str, tmp_path: Path) -> None:
    first = run(tmp_path / "out", tmp_path / "state.npz").checkpoint
    first.save({"x": np.zeros(1)})
    assert run(tmp_path / "again", tmp_path / "other.npz").checkpoint.key == first.key
    other = run(tmp_path / "changed", tmp_path / "other.npz", **{change: CHANGES[change]})
    assert other.checkpoint.key != first.key
    assert other.checkpoint.path != tmp_path / "other.npz" != first.path
    assert Checkpoint(first.path, other.checkpoint.key).load() is None


def test_data_seed_and_split_are_part_of_the_run(tmp_path: Path) -> None:
    keys = {
        run(tmp_path / str(i), tmp_path / "state.npz", subset=subset).checkpoint.key
        for i, subset in enumerate(
            (rows(), replace(rows(), seed=1), replace(rows(), split="heldout"))
        )
    }
    assert len(keys) == 3


def test_what_a_file_holds_that_settings_name_is_part_of_the_run(tmp_path: Path) -> None:
    """Its time is not. A run whose settings name no file has no entry for files."""
    named, state = FileSettings(rows=tmp_path / "rows.npz"), tmp_path / "state.npz"
    keys = []
    for text in ("one", "one", "two"):
        named.rows.write_text(text)
        keys.append(run(tmp_path / f"out{len(keys)}", state, settings=named).checkpoint.key)
    assert keys[0] == keys[1] != keys[2]
    records = [json.loads((tmp_path / f"out{i}" / "run.json").read_text()) for i in range(3)]
    assert records[0]["files"] == records[1]["files"] != records[2]["files"]
    run(tmp_path / "none", state, settings=FileSettings())
    assert "files" not in json.loads((tmp_path / "none" / "run.json").read_text())


def test_finished_run_leaves_its_files_and_no_checkpoint(tmp_path: Path) -> None:
    run(tmp_path / "out", tmp_path / "states" / "state.npz")
    assert not (tmp_path / "states").exists()
    np.testing.assert_array_equal(load_samples(tmp_path / "out" / "samples.npz"), rows().data)
    record = json.loads((tmp_path / "out" / "run.json").read_text())
    assert record["seeds"] == {"data": 0, "training": 1, "part": 2}
    assert record["settings"] == {"snapshots": 20, "length": 3}
    assert record["source"] == {"a.py": "digest of source"}
    assert record["data"]["digest"] == rows().digest
    assert (record["iterations"], record["seconds"]) == (6, 2.0)
    assert record["iterations_per_second"] == 3.0


def test_history_is_read_as_it_was() -> None:
    """Numbers of any size, exact to the last bit."""
    history = [{"iteration": i, "loss": value} for i, value in enumerate([0.1, 1e-300, 1 / 3])]
    read = list(csv.DictReader(io.StringIO(history_text(history))))
    assert [{key: float(value) for key, value in row.items()} for row in read] == history


@pytest.mark.parametrize(("total", "count"), [(1, 20), (7, 3), (100, 20), (100_000, 20)])
def test_snapshots_are_spaced_by_logarithm_from_start_to_end(total: int, count: int) -> None:
    found = snapshot_iterations(total, count)
    assert (found[0], found[1], found[-1]) == (0, 1, total)
    assert found == sorted(set(found)) and len(found) <= count + 2
    later = np.array([i for i in found if i > 10])
    if len(later) > 2:  # a rounded geometric series: the ratio is off by less than 1 in 10
        steps = later[1:] / later[:-1]
        np.testing.assert_allclose(steps, total ** (1 / (count - 1)), rtol=0.1)


SIGNALLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job, Method, MethodSettings
from suite.running.training import Place, run_method

signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore it
folder = Path(sys.argv[2])
method = Method("made", "Made", MethodSettings, lambda job: os.kill(os.getpid(), int(sys.argv[1])))
rows = Subset(np.zeros((1, 4, 4, 1), np.uint8), np.zeros(1), np.zeros(1), "mnist", "train", 0)
job = Job(rows, MethodSettings(), 0, 0, 1)
places = [Place(0, folder / "out", folder / "state.npz")]
run_method(method, {}, job, places, checkpoint_every=0.0, framework="torch")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_training_that_was_ended_thrice_starts_in_another_run_of_the_workflow(
    number: int, tmp_path: Path
) -> None:
    """One run of the workflow refuses the third attempt. A command line counts none."""
    ended = []
    for name in ("first", "first", "first", "second", "", "", ""):
        done = subprocess.run(
            [sys.executable, "-c", SIGNALLED, str(int(number)), str(tmp_path)],
            cwd=ROOT,
            env={**os.environ, WORKFLOW_RUN: name},
            capture_output=True,
            text=True,
            check=False,
        )
        ended.append(done.returncode)
        assert ("2 attempts in a row were killed" in done.stderr) == (done.returncode == 1)
    assert ended == [-number, -number, 1, *4 * [-number]]


def test_the_square_is_read_like_a_page():
    np.testing.assert_array_equal(
        square(3),
        [[-2, 2], [0, 2], [2, 2], [-2, 0], [0, 0], [2, 0], [-2, -2], [0, -2], [2, -2]],
    )


@pytest.mark.parametrize(("command", "option"), [("sample", "--count"), ("walk", "--side")])
def test_a_finished_run_is_drawn_from_on_the_device_that_was_asked_for(
    command: str, option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Latent(MethodSettings):
        @property
        def walkable(self) -> bool:
            return True

    seen = []

    def draw(*_: object) -> np.ndarray:
        seen.append((os.environ["CUDA_VISIBLE_DEVICES"], os.environ["JAX_PLATFORMS"]))
        return rows().data

    settings = {"removed since": 1}
    write_json(tmp_path / "run.json", {"method": "made", "settings": settings})
    write_arrays(tmp_path / "model.npz", {"x": np.zeros(1)})
    save_samples(tmp_path / "samples.npz", rows().data)
    method = Method("made", "Made", Latent, lambda job: None, draw, generate=draw)
    monkeypatch.setitem(METHODS, "gantk", SimpleNamespace(lookup=lambda *_: method))
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS"):
        monkeypatch.setenv(name, "")
    arguments = [command, str(tmp_path), "--out", str(tmp_path / "drawn.npz"), option, "2"]
    app = training_app("gantk", "Made.")
    monkeypatch.setenv("DEVICE", "gpu")
    with pytest.raises(InputError, match="device: gpu, but no GPU was found"):
        app(arguments, standalone_mode=False)
    monkeypatch.setenv("DEVICE", "cpu")
    app(arguments, standalone_mode=False)
    assert seen == [("", "cpu")]
    np.testing.assert_array_equal(load_samples(tmp_path / "drawn.npz"), rows().data)


class Killed(BaseException):
    pass


def test_rows_that_a_method_does_not_take_are_refused_before_its_folder_is_made(
    tmp_path: Path,
) -> None:
    rows().save(tmp_path / "rows.npz")
    words = ["train", "dcgan", "--data", tmp_path / "rows.npz", "--out", tmp_path / "out"]
    with pytest.raises(InputError, match="images of 4 x 4"):
        training_app("baselines", "Made.")([str(word) for word in words], standalone_mode=False)
    assert not (tmp_path / "out").exists()


def several(folder: Path, parts: int, fatal: int | None = None, seed: int = 0) -> list[str]:
    """Train parts 0, 1, ... and die in part `fatal`. Returns whether each part resumed a state."""
    did = []

    def train(job: Job) -> Result:
        resumed = job.checkpoint.load() is not None
        did.append(f"{job.part} {'from its state' if resumed else 'anew'}")
        if job.part == fatal:
            raise Killed
        if not resumed:
            job.checkpoint.save({"x": np.zeros(1)})
        data = job.subset.data + np.uint8(job.part)
        trajectory = Trajectory(data[None], np.array([0]))
        return Result(data, trajectory, [], "budget", 0.0, "cpu")

    places = [Place(k, folder / f"part{k}", folder / f"states/part{k}.npz") for k in range(parts)]
    job = Job(rows(), MadeSettings(), seed, part=0, samples=2)
    method = Method("made", "Made", MadeSettings, train)
    try:
        run_method(method, {}, job, places, checkpoint_every=0.0, framework="torch")
    except Killed:
        did.append("killed")
    return did


@pytest.fixture
def workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run as jobs of the workflow."""
    monkeypatch.setenv(WORKFLOW_RUN, "a run")


def test_a_killed_job_of_several_parts_makes_none_of_them_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files may still exist, as on a command line, or be deleted, as by Snakemake."""
    for deletes in (False, True):
        folder = tmp_path / str(deletes)
        monkeypatch.setenv(WORKFLOW_RUN, "first")
        for tried in range(2):
            first = several(folder, 3, fatal=2)
            assert first == [*([] if tried else ["0 anew", "1 anew"]), "2 anew", "killed"]
            if deletes:
                for k in range(2):
                    shutil.rmtree(folder / f"part{k}")
        monkeypatch.setenv(WORKFLOW_RUN, "second")
        assert several(folder, 3) == ["2 anew"]
        for k in range(3):
            found = load_samples(folder / f"part{k}" / "samples.npz")
            np.testing.assert_array_equal(found, rows().data + np.uint8(k))
            record = json.loads((folder / f"part{k}" / "run.json").read_text())
            assert record["seeds"]["part"] == k


@pytest.mark.usefixtures("workflow")
def test_a_finished_run_is_put_back_until_the_workflow_has_seen_its_end(tmp_path: Path) -> None:
    """Snakemake deletes the outputs of a job whose end it has not seen."""
    out, place = tmp_path / "part0", tmp_path / "states/part0.npz"
    assert several(tmp_path, 1) == ["0 anew"]
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    samples = out / "samples.npz"
    kept = next((tmp_path / "states").glob("part0.*.whole"))
    assert samples.samefile(kept / "samples.npz"), "no second copy on the disk"
    shutil.rmtree(out)
    assert several(tmp_path, 1) == []
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    forget(place)
    assert not place.parent.exists()
    (out / "run.json").unlink()
    assert several(tmp_path, 1) == ["0 anew"]


@pytest.mark.usefixtures("workflow")
@pytest.mark.parametrize("harm", ["missing", "cut", "another"])
def test_a_finished_run_with_a_bad_file_is_made_again(harm: str, tmp_path: Path) -> None:
    assert several(tmp_path, 2) == ["0 anew", "1 anew"]
    samples = tmp_path / "part1" / "samples.npz"
    before = samples.read_bytes()
    forget(tmp_path / "states/part0.npz")
    forget(tmp_path / "states/part1.npz")
    if harm == "missing":
        samples.unlink()
    else:
        samples.write_bytes(before[:-9] if harm == "cut" else before + b"0")
    assert several(tmp_path, 2) == ["1 anew"]
    assert samples.read_bytes() == before


@pytest.mark.usefixtures("workflow")
@pytest.mark.parametrize("last", ["samples.npz", "trajectory.npz", "history.csv", "run.json"])
def test_killed_while_it_writes_a_run_goes_on_from_its_state(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = files.replacing

    @contextmanager
    def dying(path: Path) -> Iterator[Path]:
        with written(path) as temporary:
            yield temporary
        if path.name == last and path.parent.suffix == ".whole":
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(files, "replacing", dying)
        assert several(tmp_path, 1) == ["0 anew", "killed"]
        assert not (tmp_path / "part0/run.json").exists()
    assert several(tmp_path, 1) == ([] if last == "run.json" else ["0 from its state"])
    assert fault(tmp_path / "part0") is None


WAITED = "waiting for another process"


def test_a_run_that_another_process_makes_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed workflow leaves its jobs running. Their results are used."""
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    monkeypatch.setenv(WORKFLOW_RUN, "a run")
    assert several(tmp_path / "other", 1) == ["0 anew"]
    did: list[list[str]] = []
    with files.held(lock_of(tmp_path / "states/part0.npz")):
        thread = threading.Thread(target=lambda: did.append(several(tmp_path, 1)))
        thread.start()
        while WAITED not in said.getvalue():
            thread.join(0.05)
            assert thread.is_alive()
        thread.join(0.5)
        assert thread.is_alive()
        shutil.copytree(tmp_path / "other/part0", tmp_path / "part0")
    thread.join()
    assert did == [[]]


def test_more_parts_leave_those_that_stand_and_refuse_another_runs(tmp_path: Path) -> None:
    assert several(tmp_path, 2) == ["0 anew", "1 anew"]
    assert several(tmp_path, 3) == ["2 anew"]
    with pytest.raises(InputError, match="part0: holds another finished run: choose another --out"):
        several(tmp_path, 3, seed=1)
