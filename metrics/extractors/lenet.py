"""Features of a LeNet trained on MNIST: a scale that fits digits, which Inception never saw."""

from pathlib import Path

import numpy as np

from suite.protocol.metric import Extractor, Weights
from suite.running.digests import sha256_of
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

WEIGHTS = ROOT / "resources" / "lenet" / "lenet.npz"
BATCH = 1024


def embed(images: np.ndarray, weights: Weights | None) -> np.ndarray:
    """The last hidden layer, float32 [N, 84], of uint8 images [N, 28, 28, 1]."""
    import torch

    from metrics.lenet import LeNet, to_batch

    assert weights is not None, "an extractor with weights is given them"
    arrays = read_arrays(weights.path)
    network = LeNet()
    state = {name: torch.from_numpy(arrays[name]) for name, _ in network.named_parameters()}
    network.load_state_dict(state)
    with torch.inference_mode():
        batches = (images[start : start + BATCH] for start in range(0, len(images), BATCH))
        return np.concatenate([network.features(to_batch(batch)).numpy() for batch in batches])


def weights(path: Path | None) -> Weights:
    """The weights that come with the suite, unless the user names others."""
    path = path or WEIGHTS
    accuracy = float(read_arrays(path, "accuracy")["accuracy"])
    source = f"{path.name}, trained on MNIST (test accuracy {accuracy:.4f})"
    return Weights(path, source, sha256_of(path))


LENET = Extractor("lenet", embed, shape=(28, 28, 1), weights=weights)
