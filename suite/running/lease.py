"""One GPU a job: a lease that Snakemake does not give (it counts GPUs but names none)."""

import errno
import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from suite.running import devices
from suite.running.errors import InputError, from_os

SCHEDULERS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "KUBERNETES_SERVICE_HOST")
"""Variables of a job that a scheduler started."""
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)


def jobs_per_gpu() -> int:
    """How many jobs share one GPU: JOBS_PER_GPU, or 1."""
    text = os.environ.get("JOBS_PER_GPU") or "1"
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"JOBS_PER_GPU={text}: give a whole number of 1 or more")
    return int(text)


@contextmanager
def lease(framework: str) -> Iterator[str | None]:
    """Hold a GPU until the block ends and make it the only visible one; None on a CPU.

    Waits while every GPU is held by as many other jobs of this user as may share one, of which
    PyTorch's do and JAX's never (`_whole`). A scheduler that gave this job one GPU is believed:
    nothing is locked. The lock is the kernel's, so a killed job gives its GPU back.

    framework: `jax` or `torch`, which the block must not have imported yet.

    Raises:
        InputError: DEVICE is `gpu`, and there is none or the framework cannot use it; the lock
            folder's file system has no locks.
    """
    choice = devices.chosen()
    gpus, reason = ([], "") if choice == "cpu" else devices.visible()
    why = "" if choice == "cpu" else devices.obstacle(framework, gpus, reason)
    if why is not None:
        if choice == "gpu":
            raise devices.refuse(why)
        if why:
            print(f"device: auto: {why}: using the CPU", file=sys.stderr)
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        os.environ["JAX_PLATFORMS"] = "cpu"
        yield None
        return
    # Named, a platform that fails is an error; left to itself, JAX would take the CPU.
    os.environ["JAX_PLATFORMS"] = "cuda,cpu"
    # JAX would take three quarters of the GPU's memory at its first allocation.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    if len(gpus) == 1 and "CUDA_VISIBLE_DEVICES" in os.environ and _scheduled():
        yield gpus[0]
        return
    with ExitStack() as held:
        slots = jobs_per_gpu()
        take = _whole if framework == "jax" and slots > 1 else _share
        os.environ["CUDA_VISIBLE_DEVICES"] = uuid = take(held, gpus, slots)
        yield uuid


def _scheduled() -> bool:
    return any(os.environ.get(name) for name in SCHEDULERS)


def _share(held: ExitStack, gpus: list[str], slots: int) -> str:
    """A share of a GPU, the emptiest first."""
    while True:
        for slot in range(slots):
            for uuid in gpus:
                if not (door := _locked(uuid, "door")):
                    continue
                with door:
                    if share := _locked(uuid, str(slot)):
                        held.enter_context(share)
                        return uuid
        time.sleep(1)


def _whole(held: ExitStack, gpus: list[str], slots: int) -> str:
    """A GPU alone, one that nobody uses if there is one.

    Processes share a GPU by turns of milliseconds. An iteration of GA-NTK takes less, and then asks
    the CPU whether to go on: it would make one a turn, 93 a second beside six others on an H200,
    where alone it makes 3,029 (results/reference/gpu.md).
    """
    while True:
        for wait in (False, True):
            for uuid in gpus:
                if door := _cleared(uuid, slots, wait):
                    held.enter_context(door)
                    return uuid
        time.sleep(1)


def _cleared(uuid: str, slots: int, wait: bool) -> IO[str] | None:
    """The door of a GPU that nobody is on, or (wait) once the jobs there have ended; else None.

    It is held from the beginning, so that no other job comes in meanwhile.
    """
    if not (door := _locked(uuid, "door")):
        return None
    if wait:
        print(f"waiting for the jobs on {uuid} to end, to have it alone", file=sys.stderr)
    for slot in range(slots):
        while not (share := _locked(uuid, str(slot))):
            if not wait:
                door.close()
                return None
            time.sleep(1)
        share.close()
    return door


def _locked(uuid: str, what: str) -> IO[str] | None:
    """The lock of a share of a GPU or of its door, held until it is closed; None if it is taken."""
    folder = Path(tempfile.gettempdir()) / f"gantk-bench-gpus-{os.getuid()}"
    try:
        folder.mkdir(exist_ok=True)
        handle = open(folder / f"{uuid.replace('/', '-')}.{what}", "w")
    except OSError as error:
        raise from_os(error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    except OSError as error:
        handle.close()
        if error.errno not in NO_LOCKS:
            raise
        raise InputError(
            f"{folder}: the file system has no locks, so that jobs cannot share the GPUs out: set "
            "TMPDIR to a folder of this machine"
        ) from error
    return handle
