"""Several solutions in one process, and cached programs: the same bytes as separate runs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gantk.backend import program_cache
from gantk.descent import programs, without_generator
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.running.checkpoint import Checkpoint
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

FNTK = METHODS["gantk"].lookup("ga-fntk")


def points() -> Subset:
    data = np.random.default_rng(0).random((6, 2)).astype(np.float32)
    return Subset(data, np.zeros(6, np.int64), np.arange(6), "points", "train", 0)


def solve(part: int) -> tuple[np.ndarray, list[float]]:
    settings = FNTK.settings(iterations=20, snapshots=3)
    result = FNTK.train(Job(points(), settings, 0, part, 6, Checkpoint(None)))
    return result.samples, [row["loss"] for row in result.history]


def test_parts_share_one_program_and_have_the_bytes_of_separate_processes() -> None:
    alone = []
    for part in range(3):
        without_generator._problem.cache_clear()
        programs._jitted.cache_clear()
        alone.append(solve(part))
    programs._jitted.cache_clear()
    together = [solve(part) for part in range(3)]
    assert programs._jitted.cache_info().misses == 1
    for (samples, losses), (expected, wanted) in zip(together, alone, strict=True):
        np.testing.assert_array_equal(samples, expected)
        assert losses == wanted
    assert (together[0][0] != together[1][0]).any()


def train(folder: Path, *options: str, **variables: str) -> None:
    command = [sys.executable, "-m", "gantk", "train", "ga-fntk", "--data", f"{folder}/data.npz"]
    settings = ["--set", "iterations=20", "--set", "snapshots=3", "--set", "dense=1"]
    kept = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    environment = {**kept, "XDG_CACHE_HOME": f"{folder}/cache", **variables}
    done = subprocess.run(
        [*command, *settings, *options], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_programs_from_the_disk_and_parts_of_one_job_give_the_same_bytes(tmp_path: Path) -> None:
    points().save(tmp_path / "data.npz")
    fresh = train(
        tmp_path, "--out", f"{tmp_path}/alone", "--part", "1", JAX_ENABLE_COMPILATION_CACHE="false"
    )
    assert not (tmp_path / "cache" / "gantk-bench" / "programs").exists()
    train(tmp_path, "--out", f"{tmp_path}/first", "--part", "0")
    kept = set((tmp_path / "cache" / "gantk-bench" / "programs").rglob("*-cache"))
    assert kept
    said = train(tmp_path, "--out", f"{tmp_path}/both", "--parts", "2")
    again = set((tmp_path / "cache" / "gantk-bench" / "programs").rglob("*-cache"))
    assert again == kept, "another seed or part needs another program"
    assert "part 0" in said and "part 1" in said and "part 1" in fresh
    for one, other in (("alone", "both/part1"), ("first", "both/part0")):
        for file in ("samples.npz", "trajectory.npz"):
            found, wanted = (read_arrays(tmp_path / folder / file) for folder in (other, one))
            for name, expected in wanted.items():
                np.testing.assert_array_equal(found[name], expected)


@pytest.mark.skipif(not Path("/proc/cpuinfo").exists(), reason="reads the processor's features")
def test_programs_are_kept_by_instruction_set(monkeypatch: pytest.MonkeyPatch) -> None:
    own = program_cache()
    assert own == program_cache()
    text = Path("/proc/cpuinfo").read_text()
    monkeypatch.setattr(
        Path, "read_text", lambda *_, **__: text.replace("flags\t\t:", "flags\t\t: x")
    )
    assert program_cache() != own
