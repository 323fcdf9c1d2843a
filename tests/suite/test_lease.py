"""Leases of separate processes, with a stand-in for nvidia-smi that lists two GPUs."""

import os
import select
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from suite.running import lease
from suite.running.provenance import ROOT

HOLDER = """
import os, sys
from suite.running import devices
from suite.running.lease import lease
devices.cuda_build = lambda framework: True
with lease(sys.argv[1]) as name:
    print(name, os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
    sys.stdin.read()
"""
TWO = "GPU 0: H100 (UUID: GPU-aa)\\nGPU 1: H100 (UUID: GPU-bb)\\n"


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = tmp_path / "nvidia-smi"
    listing.write_text(f"#!/bin/sh\nprintf '{TWO}'\n")
    listing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for name in ("CUDA_VISIBLE_DEVICES", "DEVICE", "JOBS_PER_GPU", *lease.SCHEDULERS):
        monkeypatch.delenv(name, raising=False)


def started(jobs: ExitStack, framework: str) -> subprocess.Popen[str]:
    """A job that prints its GPU and holds it until it is killed or `jobs` is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, framework],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    jobs.callback(process.wait)
    jobs.callback(process.kill)
    return process


def is_waiting(process: subprocess.Popen[str]) -> bool:
    return not select.select([process.stdout], [], [], 2.5)[0]


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize("framework", ["jax", "torch"])
def test_each_job_sees_one_gpu_of_its_own_and_a_killed_one_gives_it_back(framework: str) -> None:
    with ExitStack() as jobs:
        first, second = (started(jobs, framework) for _ in range(2))
        lines = sorted(process.stdout.readline().split() for process in (first, second))
        assert lines == [["GPU-aa", "GPU-aa"], ["GPU-bb", "GPU-bb"]]
        third = started(jobs, framework)
        assert is_waiting(third)
        first.kill()
        assert third.stdout.readline().split()[0] in ("GPU-aa", "GPU-bb")


@pytest.mark.usefixtures("two_gpus")
def test_jobs_of_pytorch_share_a_gpu_and_one_of_jax_has_it_alone(monkeypatch) -> None:
    monkeypatch.setenv("JOBS_PER_GPU", "2")
    with ExitStack() as jobs:
        torch = started(jobs, "torch")
        assert torch.stdout.readline().split()[0] == "GPU-aa"
        alone = started(jobs, "jax")
        assert alone.stdout.readline().split()[0] == "GPU-bb", "the one that nobody uses"
        beside = started(jobs, "torch")
        assert beside.stdout.readline().split()[0] == "GPU-aa"
        late = started(jobs, "jax")
        assert late.stderr.readline().startswith("waiting for the jobs on GPU-aa to end")
        waiting = started(jobs, "torch")
        assert is_waiting(waiting) and is_waiting(late)
        alone.kill()
        assert waiting.stdout.readline().split()[0] == "GPU-bb"


@pytest.mark.usefixtures("two_gpus")
def test_while_a_job_of_jax_waits_no_other_comes_in(monkeypatch) -> None:
    monkeypatch.setenv("JOBS_PER_GPU", "2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with ExitStack() as jobs:
        first = started(jobs, "torch")
        assert first.stdout.readline().split()[0] == "GPU-bb"
        whole = started(jobs, "jax")
        assert whole.stderr.readline().startswith("waiting for the jobs on GPU-bb to end")
        late = started(jobs, "torch")
        assert is_waiting(late), "a share is free, but it is wanted"
        first.kill()
        assert whole.stdout.readline().split()[0] == "GPU-bb"
        assert is_waiting(late)
        whole.kill()
        assert late.stdout.readline().split()[0] == "GPU-bb"
