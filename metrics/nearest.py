"""The nearest training image of each generated one, by SSIM (the paper's Figs. 17-19)."""

from pathlib import Path

import numpy as np

from metrics.evaluate import References, check
from metrics.runs import load_generated
from metrics.similarity import ssim_matrix

FIRST_SAMPLES = 16
"""Images of a run whose neighbours are found, the first."""


def nearest_images(part: Path, references: References) -> dict[str, np.ndarray]:
    """The first `FIRST_SAMPLES` samples of a part, and for each the nearest row of `train`.

    Returns `generated` and `nearest` (uint8 [k, H, W, C]), `ssim` with the paper's window (float64
    [k]) and `indices` (int64 [k], positions among the training rows).

    Raises:
        InputError: no training rows, or images that SSIM does not take.
    """
    rows = load_generated([part])[:FIRST_SAMPLES]
    check(["am_ssim"], rows, references)
    training = references["train"].data
    matrix = ssim_matrix(rows, training)
    indices = matrix.argmax(axis=1)
    return {
        "generated": rows,
        "nearest": training[indices],
        "ssim": matrix.max(axis=1),
        "indices": indices,
    }
