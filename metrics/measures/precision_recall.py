"""Improved precision and recall (Kynkaanniemi et al. 2019), with k = 3 as there.

Both ask whether a row lies within the distance of some row of the other set to that row's k-th
nearest neighbour in its own set. Precision is the share of generated rows within the balls of
reference rows; recall the share of reference rows within the balls of generated rows. Recall
depends on both counts: balls of many generated rows are small.
"""

from metrics.measure import Measure, Pair, ReferenceSet, Value
from metrics.neighbours import across, radii, reference_radii, standard_error

K = 3
DETAILS = {"neighbours": K}


def precision(pair: Pair) -> Value:
    """Share of generated rows within a ball of a reference row."""
    inside = pair.once(across, "inception") <= pair.once(reference_radii, "inception", K)
    hits = inside.any(axis=1)
    return Value(float(hits.mean()), standard_error(hits), DETAILS)


def recall(pair: Pair) -> Value:
    """Share of reference rows within a ball of a generated row."""
    own = radii(pair.features("inception")[0], K)
    hits = (pair.once(across, "inception") <= own[:, None]).any(axis=0)
    return Value(float(hits.mean()), None, DETAILS)


def _pair(reference: ReferenceSet, title: str) -> tuple[Measure, Measure]:
    common = ("higher", reference, "images", K + 1, "inception")
    return (
        Measure(f"precision_{reference}", f"Precision ({title})", *common, precision),
        Measure(f"recall_{reference}", f"Recall ({title})", *common, recall),
    )


PRECISION_TRAIN, RECALL_TRAIN = _pair("train", "train")
PRECISION_HELDOUT, RECALL_HELDOUT = _pair("heldout", "held-out")
