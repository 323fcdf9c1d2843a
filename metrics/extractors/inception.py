"""Features of the FID Inception network, as pytorch-fid computes them."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metrics.weights import inception_weights
from suite.protocol.metric import Extractor, Weights
from suite.running.devices import cpu_instead

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 32


@cache
def _network(path: Path) -> Callable[["Tensor"], "Tensor"]:
    import torch

    from metrics.inception import Inception

    # Without TF32: it moves FID in its second digit after the point.
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    device = "cuda" if torch.cuda.is_available() else cpu_instead("torch")
    return Inception(path, torch.device(device))


def embed(images: np.ndarray, weights: Weights | None) -> np.ndarray:
    """Mean of the last feature map, float32 [N, 2048], on the GPU where there is one."""
    import torch
    from tqdm import tqdm

    assert weights is not None, "an extractor with weights is given them"
    network = _network(weights.path)
    rows = torch.from_numpy(images).permute(0, 3, 1, 2)
    batches = tqdm(rows.split(BATCH), "Inception", unit="batch", delay=2, leave=False)
    return np.concatenate([network(batch).numpy() for batch in batches])


def arithmetic() -> dict[str, str]:
    """The processor that embeds, as PyTorch names it, and the precision, which never is TF32."""
    device = "cpu"
    if os.environ.get("CUDA_VISIBLE_DEVICES") != "":  # cached features need no PyTorch on a CPU
        import torch

        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return {"device": device, "precision": "float32"}


INCEPTION = Extractor("inception", embed, weights=inception_weights, arithmetic=arithmetic)
