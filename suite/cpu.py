"""The cores of a CPU that a process may use."""

import os
import sys


def available_cores() -> int:
    """The cores this process may run on: those of its affinity mask, where a system has masks."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))  # noqa: TID251
    return os.cpu_count() or 1
