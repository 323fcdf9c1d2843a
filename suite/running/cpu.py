"""The cores of a CPU that a process may use, and how it holds on to memory."""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_MAX = -1, -4
"""Of glibc's `mallopt`: free bytes that go back at once; arrays with a mapping of their own."""


def available_cores() -> int:
    """The cores this process may run on: those of its affinity mask, where a system has masks."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))  # noqa: TID251
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Have the C library keep freed memory for what is allocated next; glibc only, else nothing.

    A training step frees its arrays, and the next takes as many. glibc gives large ones back to
    the system, which then clears their pages anew: a fifth of a step of SNGAN.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(MMAP_MAX, 0)
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
