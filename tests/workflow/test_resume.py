"""kill -9 of a training or of all processes: it resumes its checkpoint, with the same result."""

import csv
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from suite.running.files import read_arrays

WHOM = {"ga-cntk": "all", "dcgan": "job"}
"""which processes are killed: all (a power cut, then the user starts again), or the job"""
LENGTH = {
    "ga-cntk": {"iterations": 400},
    "dcgan": {"updates": 200, "batch": 8, "width": 0.25},
}
PARTS = {"ga-cntk": 2, "dcgan": 1}
"""solutions of one job, which is killed during the last one"""
LIMIT = 240
"""seconds in which a checkpoint must appear"""


def job_of(method: str, folder: Path) -> int | None:
    """The process that trains `method` for a workflow running in `folder`."""
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
            here = (process / "cwd").resolve() == folder.resolve()
        except OSError:
            continue
        if here and words[1:2] == ["-m"] and words[3:5] == ["train", method]:
            return int(process.name)
    return None


def history(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(encoding="utf-8") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="finds the job in /proc")
@pytest.mark.parametrize("method", sorted(LENGTH))
def test_killed_job_goes_on_to_the_same_result(unrun, method: str) -> None:
    parts = [f"runs/table1/mnist/n8/{method}/data0/seed0/part{k}" for k in range(PARTS[method])]
    run = parts[-1]
    experiment = {
        "datasets": {"mnist": {"n": [8]}},
        "methods": {method: LENGTH[method]},
    }
    configs = {
        name: unrun.varied(
            name, name=name, experiments={"table1": experiment}, samples=8 * len(parts)
        )
        for name in (f"whole-{method}", f"killed-{method}")
    }
    targets = {name: f"results/{name}/{run}/run.json" for name in configs}
    whole, killed = configs
    done = unrun.snakemake(targets[whole], config=configs[whole])
    assert done.returncode == 0, done.stderr

    log = unrun.root / f"{killed}.txt"
    with log.open("w", encoding="utf-8") as output:
        workflow = subprocess.Popen(
            unrun.command(targets[killed], config=configs[killed]),
            cwd=unrun.root,
            env=unrun.environment(CHECKPOINT_EVERY="0.05"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        states = unrun.root / f"results/{killed}/checkpoints/{Path(run).parent}"
        started = time.monotonic()
        while not any(states.glob(f"{Path(run).name}.*.npz")):
            assert workflow.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() - started < LIMIT
            time.sleep(0.01)
        job = job_of(method, unrun.root)
        assert job is not None
        if WHOM[method] == "all":
            main = psutil.Process(workflow.pid)
            for process in (main, *main.children(recursive=True)):
                process.kill()
            assert workflow.wait() == -signal.SIGKILL
            again = unrun.snakemake("--unlock", config=configs[killed])
            again = unrun.snakemake(targets[killed], config=configs[killed])
            assert again.returncode == 0, again.stderr
        else:
            os.kill(job, signal.SIGKILL)
            assert workflow.wait() == 0, log.read_text(encoding="utf-8")
            assert "retrying: train " in log.read_text(encoding="utf-8")

    for part in parts:
        folders = [unrun.root / "results" / name / part for name in configs]
        for file in ("samples.npz", "trajectory.npz"):
            expected, found = (read_arrays(folder / file) for folder in folders)
            for name in expected:
                np.testing.assert_array_equal(found[name], expected[name])
        assert history(folders[1]) == history(folders[0])
    assert not states.exists()
