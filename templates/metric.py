"""Distance of means: a metric on pixels. Copy this file to metrics/definitions/, then edit it.

Write here what the metric measures, its equation with the source, and where it misleads.
"""

import numpy as np

from suite.protocol.metric import Metric, Pair, Value


def distance_of_means(pair: Pair) -> Value:
    """|mean of the generated rows - mean of the reference rows|, pixels in [0, 1], with its error.

    The square of the error is the sum over both sets of the variance of a row over their number.
    """
    # `pair` has both sets, the labels of the reference, the evaluation seed, and the features of
    # any extractor: `pair.features("inception")`, which are kept in a cache on the disk.
    # What other metrics need too is computed once by `pair.once(function)`.
    both = [
        rows.reshape(len(rows), -1).astype(np.float64) / 255
        for rows in (pair.generated, pair.reference)
    ]
    generated, reference = both
    distance = float(np.linalg.norm(generated.mean(axis=0) - reference.mean(axis=0)))
    variance = sum(float(rows.var(axis=0).sum()) / len(rows) for rows in both)
    return Value(distance, variance**0.5)


# Two sets, two metrics: one file may register several.
MEAN_TRAIN, MEAN_HELDOUT = (
    Metric(
        name=f"mean_{reference}",
        title=f"Distance of means ({reference})",
        about="Sees a shift of all images in brightness or place. Blind to lost modes.",
        unit="length in pixels from 0 to 1",
        range=(0, None),
        better="lower",
        reference=reference,
        compute=distance_of_means,
    )
    for reference in ("train", "heldout")
)
