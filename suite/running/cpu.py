"""The CPU cores of a process, and its freed memory."""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Parameters of glibc's `mallopt`: how much free memory to keep; number of large mappings."""


def available_cores() -> int:
    """Number of cores this process may use: its CPU affinity on Linux, else `os.cpu_count()`."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))  # noqa: TID251
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for later allocations. Without glibc, do nothing.

    Each training step frees its arrays, and the next step allocates them again. By default glibc
    returns large arrays to the system, which clears their pages: a fifth of the time of SNGAN.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(MMAP_MAX, 0)
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
