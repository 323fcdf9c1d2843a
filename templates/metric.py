"""Distance of means: a metric on pixels. Copy this file to metrics/definitions/, then edit it.

Describe here what the metric measures, its equation with the source, and when it misleads.
"""

import numpy as np

from suite.protocol.metric import Metric, Pair, Value


def distance_of_means(pair: Pair) -> Value:
    """|mean of the generated rows - mean of the reference rows|, pixels in [0, 1], with its error.

    The squared error is the variance of a row divided by the number of rows, summed over both sets.
    """
    # `pair` has both sets, the labels of the reference and the evaluation seed.
    # `pair.features("inception")` returns the features of an extractor, cached on disk.
    # `pair.once(function)` computes once what several metrics need.
    both = [
        rows.reshape(len(rows), -1).astype(np.float64) / 255
        for rows in (pair.generated, pair.reference)
    ]
    generated, reference = both
    distance = float(np.linalg.norm(generated.mean(axis=0) - reference.mean(axis=0)))
    variance = sum(float(rows.var(axis=0).sum()) / len(rows) for rows in both)
    return Value(distance, variance**0.5)


# One file may register several metrics: here one for each reference set.
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
