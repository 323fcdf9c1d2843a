"""The lease of a GPU, with a stand-in nvidia-smi that lists two."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from suite import gpu
from suite.provenance import ROOT

HOLDER = """
import os, sys, time
from suite import gpu
with gpu.lease() as name:
    print(name, os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "nvidia-smi"
    listing.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(gpu.tempfile, "tempdir", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("XLA_PYTHON_CLIENT_PREALLOCATE", raising=False)


def holder() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.usefixtures("two_gpus")
def test_each_job_sees_one_gpu_of_its_own_and_a_killed_one_gives_it_back() -> None:
    first, second = holder(), holder()
    waiting = None
    try:
        lines = sorted(process.stdout.readline().split() for process in (first, second))
        assert lines == [["0", "0"], ["1", "1"]]
        waiting = holder()
        ready, _, _ = select.select([waiting.stdout], [], [], 1.5)
        assert not ready, "a third job must wait"
        first.kill()
        assert waiting.stdout.readline().split()[0] in ("0", "1")
    finally:
        for process in filter(None, (first, second, waiting)):
            process.kill()
            process.wait()


@pytest.mark.usefixtures("two_gpus")
def test_lease_leaves_memory_to_neighbours() -> None:
    with gpu.lease() as name:
        assert name in ("0", "1")
        assert os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"


@pytest.mark.usefixtures("two_gpus")
def test_only_gpus_that_the_scheduler_gave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-5f3")
    with gpu.lease() as name:
        assert name == "GPU-5f3"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with gpu.lease() as name:
        assert name is None


def test_no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with gpu.lease() as name:
        assert name is None
