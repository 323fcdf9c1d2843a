"""One GPU a job: a lease that Snakemake does not give (it counts GPUs but names none)."""

import errno
import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suite import devices
from suite.errors import InputError, from_os

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

    Waits while every GPU is held by as many other jobs of this user as may share one. A scheduler
    that gave this job one GPU is believed: nothing is locked. The lock is the kernel's, so a
    killed job gives its GPU back.

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
    with _held(gpus, jobs_per_gpu()) as uuid:
        os.environ["CUDA_VISIBLE_DEVICES"] = uuid
        yield uuid


def _scheduled() -> bool:
    return any(os.environ.get(name) for name in SCHEDULERS)


@contextmanager
def _held(gpus: list[str], slots: int) -> Iterator[str]:
    """One of the GPUs, the emptiest first: each has a lock file a slot."""
    folder = Path(tempfile.gettempdir()) / f"gantk-bench-gpus-{os.getuid()}"
    while True:
        for slot in range(slots):
            for uuid in gpus:
                try:
                    folder.mkdir(exist_ok=True)
                    handle = open(folder / f"{uuid.replace('/', '-')}.{slot}", "w")
                except OSError as error:
                    raise from_os(error) from error
                with handle:
                    try:
                        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        continue
                    except OSError as error:
                        if error.errno not in NO_LOCKS:
                            raise
                        raise InputError(
                            f"{folder}: the file system has no locks, so that jobs cannot share "
                            "the GPUs out: set TMPDIR to a folder of this machine"
                        ) from error
                    yield uuid
                    return
        time.sleep(1)
