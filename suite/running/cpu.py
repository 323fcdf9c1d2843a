"""The CPU cores that a process may use, and how it keeps freed memory."""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Parameters of glibc's `mallopt`: free bytes that are returned to the system; large mappings."""


def available_cores() -> int:
    """Number of cores this process may use: its CPU affinity on Linux, else `os.cpu_count()`."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))  # noqa: TID251
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Make glibc keep freed memory for later allocations. Without glibc, do nothing.

    Each training step frees its arrays, and the next allocates as many. glibc returns large arrays
    to the system, which has to clear their pages again: a fifth of a step of SNGAN.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(MMAP_MAX, 0)
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
