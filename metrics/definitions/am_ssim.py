"""Average maximum SSIM (GA-NTK paper, section 8.2): similarity to the nearest training image.

Copies have the value 1. New real images have a value well above 0 too, so a lower value is not
always better: compare with the held-out control. The reverse metric takes, for each training image,
the nearest generated one. It falls if modes are lost.
"""

from dataclasses import replace

from metrics.neighbours import bootstrap_error, standard_error
from metrics.similarity import PAPER_WINDOW, of_pair
from suite.protocol.metric import Metric, Pair, Value
from suite.protocol.seeds import stream


def am_ssim(pair: Pair) -> Value:
    """Mean over generated images of the largest SSIM with a training image."""
    best = pair.once(of_pair).max(axis=1)
    return Value(float(best.mean()), standard_error(best))


def am_ssim_reverse(pair: Pair) -> Value:
    """Mean over training images of the largest SSIM with a generated image."""
    matrix = pair.once(of_pair)
    error = bootstrap_error(matrix, stream("am_ssim_reverse:bootstrap", pair.seed))
    return Value(float(matrix.max(axis=0).mean()), error)


AM_SSIM = Metric(
    name="am_ssim",
    title="AM-SSIM",
    about="Sees how near each image comes to a training image, pixel by pixel: copies score 1, new "
    "digits 0.65, and a shift by one pixel costs as much as noise. Misses lost modes.",
    unit="SSIM",
    range=(-1, 1),
    better="neither",
    reference="train",
    compute=am_ssim,
    side=PAPER_WINDOW.size,
    shows="nearness",
    references=(
        ("Zhang et al., 2022 (GA-NTK)", "section 8.2", "https://arxiv.org/abs/2204.04090"),
        ("Wang et al., 2004 (SSIM)", "Eq. 13", "https://doi.org/10.1109/TIP.2003.819861"),
    ),
)
AM_SSIM_REVERSE = replace(
    AM_SSIM,
    name="am_ssim_reverse",
    title="Reverse AM-SSIM",
    about="Sees training images without a similar generated image, and so lost modes (0.75 for "
    "copies of half the digits). Rises with the number of generated images.",
    compute=am_ssim_reverse,
    shows="quality",
)
