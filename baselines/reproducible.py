"""The same numbers from the same seeds, and the processor to use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from suite.protocol.seeds import integer_seed
from suite.running.devices import cpu_instead

FILLING: Any = torch.utils.deterministic
"""Whose attribute PyTorch's type hints do not have."""


def device() -> torch.device:
    """The GPU that this process may see, else the CPU (where the user did not choose `gpu`)."""
    return torch.device("cuda" if torch.cuda.is_available() else cpu_instead("torch"))


def device_name() -> str:
    """What PyTorch calls that processor."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


@contextmanager
def reproducible(purpose: str, *seeds: int) -> Iterator[None]:
    """PyTorch's generators seeded from a named stream, and deterministic algorithms only.

    Products and convolutions are of float32 in full: no TF32, which cuDNN would take by itself.
    The caller's generators and choice of algorithms are back when the block ends.
    """
    # cuBLAS is deterministic only with a workspace of fixed size, chosen before its first use.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled(), FILLING.fill_uninitialized_memory
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    tf32 = cudnn.allow_tf32, matmul.allow_tf32
    with torch.random.fork_rng():
        torch.manual_seed(integer_seed(purpose, *seeds))
        torch.use_deterministic_algorithms(True)
        # Filling every new tensor with NaN finds faulty code, at the price of a pass over each.
        FILLING.fill_uninitialized_memory = False
        cudnn.allow_tf32 = matmul.allow_tf32 = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before[0])
            FILLING.fill_uninitialized_memory = before[1]
            cudnn.allow_tf32, matmul.allow_tf32 = tf32
