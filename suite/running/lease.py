"""Leases of GPUs. Snakemake counts GPUs, but does not tell a job which one to use."""

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
from suite.running.errors import InputError

SCHEDULERS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "KUBERNETES_SERVICE_HOST")
"""Environment variables that a scheduler sets for its jobs."""
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)


def jobs_per_gpu() -> int:
    """How many jobs share one GPU: JOBS_PER_GPU, or 1."""
    text = os.environ.get("JOBS_PER_GPU") or "1"
    if not text.isdigit() or int(text) < 1:
        raise InputError(f"JOBS_PER_GPU={text}: give a whole number of 1 or more")
    return int(text)


@contextmanager
def lease(framework: str) -> Iterator[str | None]:
    """Hold a GPU until the block ends, and make it the only visible one. On a CPU: None.

    Waits for a free GPU. PyTorch jobs of one user may share a GPU (JOBS_PER_GPU); a JAX job has one
    alone (`_whole`). A GPU that a scheduler gave to this job is used without a lock. The kernel
    releases the lock of a killed job.

    framework: `jax` or `torch`. It must not be imported before the block.

    Raises:
        InputError: DEVICE is `gpu`, but there is none or the framework cannot use it; the file
            system of the lock folder has no locks.
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
    # Without a named platform, JAX would silently use the CPU.
    os.environ["JAX_PLATFORMS"] = "cuda,cpu"
    # By default JAX allocates three quarters of the GPU's memory at once.
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    given = "CUDA_VISIBLE_DEVICES" in os.environ and any(map(os.environ.get, SCHEDULERS))
    if given and len(gpus) == 1:
        yield gpus[0]
        return
    with ExitStack() as held:
        slots = jobs_per_gpu()
        take = _whole if framework == "jax" and slots > 1 else _share
        os.environ["CUDA_VISIBLE_DEVICES"] = uuid = take(held, gpus, slots)
        yield uuid


def _share(held: ExitStack, gpus: list[str], slots: int) -> str:
    """Take a slot on the GPU with the fewest jobs; returns its UUID."""
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
    """Take a whole GPU, an unused one if there is one; returns its UUID.

    Processes share a GPU in time slices of milliseconds. An iteration of GA-NTK takes less, and the
    CPU decides after each one whether to continue. Beside other jobs, each time slice therefore has
    one iteration: 93 per second beside six jobs on an H200, 3,029 alone (results/reference/gpu.md).
    """
    while True:
        for wait in (False, True):
            for uuid in gpus:
                if door := _cleared(uuid, slots, wait):
                    held.enter_context(door)
                    return uuid
        time.sleep(1)


def _cleared(uuid: str, slots: int, wait: bool) -> IO[str] | None:
    """The lock of a GPU's door, which keeps new jobs out, if no job uses the GPU; otherwise None.

    wait: wait until its jobs have ended. Meanwhile the lock keeps new jobs out.
    """
    if not (door := _locked(uuid, "door")):
        return None
    if wait:
        print(f"waiting for the jobs on {uuid} to end: JAX uses a GPU alone", file=sys.stderr)
    for slot in range(slots):
        while not (share := _locked(uuid, str(slot))):
            if not wait:
                door.close()
                return None
            time.sleep(1)
        share.close()
    return door


def _locked(uuid: str, what: str) -> IO[str] | None:
    """The lock of a slot of a GPU, or of its door; None if it is taken. Closing releases it."""
    folder = Path(tempfile.gettempdir()) / f"gantk-bench-gpus-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    handle = open(folder / f"{uuid.replace('/', '-')}.{what}", "w")
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
            f"{folder}: the file system has no locks, which jobs need to share GPUs: set TMPDIR to "
            "a folder of this machine"
        ) from error
    return handle
