"""CUDA graphs: what an update starts on a GPU, captured once and then started at one stroke.

Starting an operation takes the host some 10 us, and an update of DCGAN has 200 of them, of SNGAN
1,600. A replayed graph starts the same kernels in the same order on the same memory, with random
numbers that go on as they would (torch.cuda.graph registers the GPU's generator), so that all
numbers are the same.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from suite.running.errors import InputError

LONGEST = 256
"""Updates between two looks at their losses, at most."""

Program = Callable[[], None]


def wanted() -> bool:
    """What CUDA_GRAPHS says: 1, the default, or 0."""
    text = os.environ.get("CUDA_GRAPHS") or "1"
    if text not in ("0", "1"):
        raise InputError(f"CUDA_GRAPHS={text}: choose 1, or 0 for one operation after the other")
    return text == "1"


@contextmanager
def own_stream() -> Iterator[None]:
    """A stream for all that a training starts: the default one cannot be captured."""
    if not torch.cuda.is_available():
        yield
        return
    with torch.cuda.stream(torch.cuda.Stream()):
        yield


def chunking(where: torch.device) -> tuple[int, Callable[[Program], Program] | None]:
    """How `baselines.chunks.Chunks` works there: updates of a chunk at most, and their capture.

    On a CPU, which has nothing to wait for, one update and no capture.
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
