"""CUDA graphs: the operations of an update, captured once and then started by one call.

Starting an operation takes the host about 10 us. An update of DCGAN has 200 operations, one of
SNGAN 1,600. A replayed graph starts the same kernels in the same order on the same memory, and its
random numbers continue the GPU generator's stream (torch.cuda.graph registers the generator). So
replaying changes no number.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch

from suite.running.errors import InputError

LONGEST = 256
"""Largest number of updates before the host reads their losses."""

Program = Callable[[], None]


def wanted() -> bool:
    """Whether the environment variable CUDA_GRAPHS is 1 (the default) and not 0."""
    text = os.environ.get("CUDA_GRAPHS") or "1"
    if text not in ("0", "1"):
        raise InputError(f"CUDA_GRAPHS={text}: choose 1 (CUDA graphs) or 0 (single operations)")
    return text == "1"


def own_stream() -> AbstractContextManager[None]:
    """A CUDA stream for a whole training, since the default stream cannot be captured."""
    gpu = torch.cuda.is_available()
    return torch.cuda.stream(torch.cuda.Stream()) if gpu else nullcontext()


def chunking(where: torch.device) -> tuple[int, Callable[[Program], Program] | None]:
    """Arguments of `baselines.chunks.Chunks` on a device: the longest chunk, and how to capture.

    On a CPU, where operations run at once, a chunk is one update and nothing is captured.
    """
    if where.type != "cuda" or not wanted():
        return 1, None
    pool = torch.cuda.graph_pool_handle()

    def capture(work: Program) -> Program:
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, pool=pool, stream=torch.cuda.current_stream()):
                work()
        except RuntimeError as error:
            raise InputError(
                f"an update cannot be captured in a CUDA graph ({str(error).splitlines()[0]}): set "
                "CUDA_GRAPHS=0 in the environment, which is slower"
            ) from error
        replay: Program = graph.replay
        return replay

    return LONGEST, capture
