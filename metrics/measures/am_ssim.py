"""Average maximum SSIM (P section 8.2): how close each generated image is to a training image.

1 means copies. Fresh real images have a value well above 0 too, so lower is not better without
end: compare with the held-out control.
"""

import numpy as np

from metrics.measure import Measure, Pair, Value
from metrics.similarity import ssim_matrix


def similarities(pair: Pair) -> np.ndarray:
    """SSIM of all pairs, float64 [generated, reference], with the paper's window."""
    return ssim_matrix(pair.generated, pair.reference, progress=True)


def am_ssim(pair: Pair) -> Value:
    """Mean over generated images of the largest SSIM with a training image."""
    return Value(float(pair.once(similarities).max(axis=1).mean()))


AM_SSIM = Measure("am_ssim", "AM-SSIM", "neither", "train", "images", 1, None, am_ssim)
