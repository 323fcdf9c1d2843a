"""One GPU a job: a lease that Snakemake does not give (it counts GPUs but names none)."""

import fcntl
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def visible_gpus() -> list[str]:
    """The GPUs this process may use: CUDA_VISIBLE_DEVICES where it is set, else all."""
    preset = os.environ.get("CUDA_VISIBLE_DEVICES")
    if preset is not None:
        return [name for name in preset.split(",") if name]
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            check=True,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return listing.stdout.split()


@contextmanager
def lease() -> Iterator[str | None]:
    """Hold one GPU until the block ends and make it the only visible one; None without GPUs.

    Waits while every GPU is held by another job of this machine. The lock is the kernel's, so
    a killed job gives its GPU back.
    """
    gpus = visible_gpus()
    if not gpus:
        yield None
        return
    folder = Path(tempfile.gettempdir()) / f"gantk-bench-gpus-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    while True:
        for name in gpus:
            handle = open(folder / name.replace("/", "-"), "w")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.close()
                continue
            os.environ["CUDA_VISIBLE_DEVICES"] = name
            # JAX would take three quarters of the GPU's memory at its first allocation.
            os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
            try:
                yield name
            finally:
                handle.close()
            return
        time.sleep(1)
