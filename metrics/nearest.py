"""The nearest training image of each generated one, by SSIM (the paper's Figs. 17-19)."""

from pathlib import Path

import numpy as np

from metrics.evaluate import References, check
from metrics.runs import load_generated
from metrics.similarity import ssim_matrix

SHOWN = 16
"""Images of a run whose neighbours are found, the first."""


def nearest_images(part: Path, references: References) -> dict[str, np.ndarray]:
    """`nearest` of the first `SHOWN` samples of a part among the training rows (`train`).

    Raises:
        InputError: no training rows, or images that SSIM does not take.
    """
    rows = load_generated([part])[:SHOWN]
    check(["am_ssim"], rows, references)
    return nearest(rows, references["train"].data)


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
