"""A one-node Slurm from Debian's packages: cancelled and timed-out jobs continue.

Not part of `make test`: `make test-slurm` runs it as root, because slurmd starts jobs as other
users.
"""

import math
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from suite.running.files import read_arrays, read_json
from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.slurm
PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
RUN = "runs/table1/mnist/n8/dcgan/data0/seed0/part0"
SECONDS = 75
"""seconds of training for each minute of the time limit; Slurm's shortest limit is a minute"""
CONFIG = """
ClusterName=test
SlurmctldHost={host}
SlurmctldPort={control}
SlurmdPort={node}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
MpiDefault=none
KillWait=5
InactiveLimit=0
MinJobAge=3600
ReturnToService=2
NodeName={host} CPUs={cores} RealMemory={memory} Gres=gpu:1 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def missing() -> str | None:
    """Why Slurm cannot start here, or None."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    absent = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if absent:
        return f"{absent[0]} is not there: install slurm-wlm and munge"
    return None if os.getuid() == 0 else "slurmd needs root"


def _port() -> int:
    with socket.socket() as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables with which commands find a Slurm that runs on this machine only."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(mode=0o755)
    host = socket.gethostname().partition(".")[0]
    names = {"SLURM_CONF": str(folder / "slurm.conf")}
    own = Path(sys.executable).parent
    names["PATH"] = f"{folder}/bin:{own}:{os.environ['PATH']}:/usr/sbin:/sbin"
    # Snakemake's jobs drop SLURM_CONF before they call srun.
    (folder / "bin").mkdir()
    wrapper = folder / "bin" / "srun"
    wrapper.write_text(
        f'#!/bin/sh\nSLURM_CONF={names["SLURM_CONF"]} exec {shutil.which("srun")} "$@"\n'
    )
    wrapper.chmod(0o755)
    environment = {**os.environ, **names}
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (folder / "slurm.conf").write_text(
        CONFIG.format(
            host=host,
            folder=folder,
            control=_port(),
            node=_port(),
            cores=os.cpu_count(),
            memory=int(total / 2**20 * 0.95),
        )
    )
    (folder / "gres.conf").write_text(f"NodeName={host} Name=gpu File=/dev/null\n")
    key = folder / "munge" / "key"
    subprocess.run(["mungekey", "--create", f"--keyfile={key}"], env=environment, check=True)
    places = [f"--{what}={folder}/munge/{what.split('-')[0]}" for what in ("socket", "pid-file")]
    places += [f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed"]
    daemons = [
        ["munged", "--foreground", "--force", f"--key-file={key}", *places],
        ["slurmctld", "-D", "-f", names["SLURM_CONF"]],
        ["slurmd", "-D", "-f", names["SLURM_CONF"]],
    ]
    started = []
    try:
        for command in daemons:
            log = (folder / f"{command[0]}.out").open("w")
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
            time.sleep(1)
        for _ in range(60):
            state = subprocess.run(
                ["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True
            )
            if state.stdout.strip() == "idle":
                break
            time.sleep(1)
        else:
            logs = [path.read_text()[-2000:] for path in folder.glob("*.log")]
            pytest.fail("\n".join([state.stdout, state.stderr, *logs]))
        yield names
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def _run(checkout, slurm, name: str, updates: int, *options: str, **variables: str):
    config = _configured(checkout, name, updates)
    command = checkout.command(*options, config=config)
    at = command.index("--cores")
    del command[at : at + 2]
    command += ["--profile", "profiles/slurm", "--slurm-status-command", "squeue"]
    command += ["--slurm-init-seconds-before-status-checks", "5", "--latency-wait", "20"]
    log = checkout.root / f"{name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=checkout.root,
            env=checkout.environment(CHECKPOINT_EVERY="1", **slurm, **variables),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return process, log


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory):
    """A checkout in which nothing has run."""
    return copy_of_checkout(tmp_path_factory.mktemp("checkout"))


def _configured(checkout: Checkout, name: str, updates: int) -> str:
    experiment = {
        "datasets": {"mnist": {"n": [8]}},
        "methods": {"dcgan": {"updates": updates, "batch": 8}},
    }
    return checkout.varied(name, name=name, samples=8, experiments={"table1": experiment})


def _undisturbed(checkout: Checkout, name: str, updates: int) -> Path:
    target = f"results/{name}/{RUN}/run.json"
    done = checkout.snakemake(target, config=_configured(checkout, name, updates))
    assert done.returncode == 0, done.stdout + done.stderr
    return checkout.root / "results" / name / RUN


class Pace(NamedTuple):
    """The speed of a training on this machine.

    minutes: a time limit, at least twice the time of the start. updates: the length of a training
    that exceeds the limit.
    """

    minutes: int
    updates: int


@pytest.fixture(scope="module")
def pace(checkout: Checkout, slurm: dict[str, str]) -> Pace:
    started = time.monotonic()
    record = read_json(_undisturbed(checkout, "short", 20) / "run.json")
    minutes = math.ceil((time.monotonic() - started) / 30)  # one, where nothing else runs
    return Pace(minutes, math.ceil(minutes * SECONDS * record["iterations_per_second"]))


@pytest.fixture(scope="module")
def whole(checkout: Checkout, pace: Pace) -> dict[str, np.ndarray]:
    """The samples of an undisturbed run without Slurm."""
    return read_arrays(_undisturbed(checkout, "whole", pace.updates) / "samples.npz")


def test_a_small_graph_ends_with_its_tables(checkout, slurm) -> None:
    process, log = _run(checkout, slurm, "graph", 3)
    assert process.wait(1800) == 0, log.read_text()
    assert (checkout.root / "results/graph/tables/table1.md").exists()


def test_a_cancelled_job_goes_on_to_the_same_bytes(checkout, slurm, pace, whole) -> None:
    target = f"results/cancelled/{RUN}"
    process, log = _run(checkout, slurm, "cancelled", pace.updates, f"{target}/run.json")
    states = (checkout.root / f"results/cancelled/checkpoints/{RUN}").parent
    while not any(states.glob("part0.*.npz")):
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    environment = {**os.environ, **slurm}
    asked = ["squeue", "--noheader", "--states=RUNNING", "--format=%A"]
    found = subprocess.run(asked, env=environment, capture_output=True, text=True, check=True)
    subprocess.run(["scancel", *found.stdout.split()], env=environment, check=True)
    assert process.wait(1800) == 0, log.read_text()
    assert "retrying: train dcgan" in log.read_text()
    _same(checkout.root / target, whole)


def test_a_job_out_of_time_goes_on_to_the_same_bytes(checkout, slurm, pace, whole) -> None:
    target = f"results/timeout/{RUN}"
    limit = f"train_baselines:runtime={pace.minutes}"
    options = (f"{target}/run.json", "--set-resources", limit)
    process, log = _run(checkout, slurm, "timeout", pace.updates, *options)
    assert process.wait(1800) == 0, log.read_text()
    assert "retrying: train dcgan" in log.read_text()
    _same(checkout.root / target, whole)


def _same(folder: Path, whole: dict[str, np.ndarray]) -> None:
    found = read_arrays(folder / "samples.npz")
    for name, expected in whole.items():
        np.testing.assert_array_equal(found[name], expected)
