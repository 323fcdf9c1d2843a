"""The nearest training image of each generated one, by SSIM (the paper's Figs. 17-19)."""

import numpy as np

from metrics.similarity import ssim_matrix


def nearest(generated: np.ndarray, training: np.ndarray) -> dict[str, np.ndarray]:
    """Nearest training images by SSIM with the paper's window.

    generated: uint8 [k, H, W, C]; training: uint8 [n, H, W, C].
    Returns `generated` and `nearest` (uint8 [k, H, W, C]), `ssim` (float64 [k]) and `indices`
    (int64 [k], positions among the training rows).

    Raises:
        InputError: see `metrics.similarity.ssim_matrix`.
    """
    matrix = ssim_matrix(generated, training)
    indices = matrix.argmax(axis=1)
    return {
        "generated": generated,
        "nearest": training[indices],
        "ssim": matrix.max(axis=1),
        "indices": indices,
    }
