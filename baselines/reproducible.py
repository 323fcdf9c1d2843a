"""Seeded, deterministic PyTorch, and the device to use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from suite.protocol.seeds import integer_seed
from suite.running.devices import cpu_instead

FILLING: Any = torch.utils.deterministic
"""PyTorch's type hints lack its attribute `fill_uninitialized_memory`, hence Any."""


def device() -> torch.device:
    """The visible GPU, else the CPU; InputError if the user asked for a GPU and there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else cpu_instead("torch"))


def device_name() -> str:
    """PyTorch's name of `device()`."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


@contextmanager
def reproducible(purpose: str, *seeds: int) -> Iterator[None]:
    """Seed PyTorch from a named stream and make it deterministic, for the length of a block.

    Matrix products and convolutions use float32, never TF32, which cuDNN would use by default. The
    previous random states and settings are restored when the block ends.
    """
    # cuBLAS is deterministic only with a workspace of fixed size, chosen before its first use.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled(), FILLING.fill_uninitialized_memory
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    tf32 = cudnn.allow_tf32, matmul.allow_tf32
    with torch.random.fork_rng():
        torch.manual_seed(integer_seed(purpose, *seeds))
        torch.use_deterministic_algorithms(True)
        # Filling new tensors with NaN helps debugging, but costs a pass over each of them.
        FILLING.fill_uninitialized_memory = False
        cudnn.allow_tf32 = matmul.allow_tf32 = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(before[0])
            FILLING.fill_uninitialized_memory = before[1]
            cudnn.allow_tf32, matmul.allow_tf32 = tf32
