"""Pixels as features, for distances without a network."""

import numpy as np

from suite.protocol.metric import Extractor, Weights


def embed(images: np.ndarray, weights: Weights | None) -> np.ndarray:
    """Pixels in [0, 1], float32 [N, H * W * C]."""
    return images.reshape(len(images), -1).astype(np.float32) / 255


PIXELS = Extractor("pixels", embed)
