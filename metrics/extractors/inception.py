"""Features of the FID Inception network, as pytorch-fid computes them."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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
    parts = []
    with tqdm(total=len(images), desc="Inception", unit="image", delay=2, leave=False) as bar:
        for start in range(0, len(images), BATCH):
            batch = torch.from_numpy(images[start : start + BATCH]).permute(0, 3, 1, 2)
            parts.append(network(batch).numpy())
            bar.update(len(batch))
    return np.concatenate(parts)


def arithmetic() -> dict[str, str]:
    """The processor that embeds, as PyTorch names it, and the precision, which never is TF32."""
    device = "cpu"
    if os.environ.get("CUDA_VISIBLE_DEVICES") != "":  # cached features need no PyTorch on a CPU
        import torch

        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    return {"device": device, "precision": "float32"}


def weights(path: Path | None) -> Weights:
    """See `metrics.weights.inception_weights`."""
    from metrics.weights import inception_weights

    return inception_weights(path)


INCEPTION = Extractor("inception", embed, weights=weights, arithmetic=arithmetic)
