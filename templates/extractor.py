"""Grey levels: an extractor of features. Copy this file to metrics/extractors/, then edit it.

Describe here what the features are, with their paper. A metric that uses them names the extractor
(`extractor="levels"`) and calls `pair.features("levels")` in its function.
"""

import numpy as np

from suite.protocol.metric import Extractor, Weights

LEVELS = 16


def embed(images: np.ndarray, weights: Weights | None) -> np.ndarray:
    """Share of a channel's pixels at each of 16 levels, float32 [N, C * 16], of uint8 images."""
    # Front ends read this file without PyTorch, so import it inside functions only. A row must not
    # depend on other images: set a network to `eval()`, so that batch norm ignores the batch.
    levels = images // (256 // LEVELS)
    shares = [(levels == level).mean(axis=(1, 2)) for level in range(LEVELS)]
    return np.stack(shares, axis=-1).reshape(len(images), -1).astype(np.float32)


# After a change of this code, cached features are computed again. Further fields are `shape` (the
# only shape of images that it takes), `weights` (a function that finds its trained weights) and
# `arithmetic` (a function that names its device and precision): see lenet.py and inception.py.
GREY_LEVELS = Extractor("levels", embed)
