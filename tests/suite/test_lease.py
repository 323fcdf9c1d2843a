"""Leases of processes of their own, with a stand-in nvidia-smi that lists two GPUs."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from suite import lease
from suite.provenance import ROOT

HOLDER = """
import os, sys
from suite import devices
from suite.lease import lease
devices.cuda_build = lambda framework: True
with lease("jax") as name:
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
        assert lines == [["GPU-aa", "GPU-aa"], ["GPU-bb", "GPU-bb"]]
        waiting = holder()
        ready, _, _ = select.select([waiting.stdout], [], [], 1.5)
        assert not ready, "a third job must wait"
        first.kill()
        assert waiting.stdout.readline().split()[0] in ("GPU-aa", "GPU-bb")
    finally:
        for process in filter(None, (first, second, waiting)):
            process.kill()
            process.wait()
