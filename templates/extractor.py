"""Grey levels: an extractor of features. Copy this file to metrics/extractors/, then edit it.

Write here what the features are, with their paper. A metric of them names the extractor and asks
for them: `extractor="levels"`, and `pair.features("levels")` in its function.
"""

import numpy as np

from suite.protocol.metric import Extractor, Weights

LEVELS = 16


def embed(images: np.ndarray, weights: Weights | None) -> np.ndarray:
    """Share of a channel's pixels at each of 16 levels, float32 [N, C * 16], of uint8 images."""
    # Front ends read this file where PyTorch is missing: import it here. A row must depend on its
    # own image alone: set a network to `eval()`, whose batch norm then takes no mean of the batch.
    levels = images // (256 // LEVELS)
    shares = [(levels == level).mean(axis=(1, 2)) for level in range(LEVELS)]
    return np.stack(shares, axis=-1).reshape(len(images), -1).astype(np.float32)


# Features that were kept are computed anew after a change of this code. `shape` names the only
# images that it takes, `weights` a function that finds its trained weights, `arithmetic` one that
# says what it computes on: see lenet.py and inception.py.
GREY_LEVELS = Extractor("levels", embed)
