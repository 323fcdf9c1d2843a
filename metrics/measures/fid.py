"""Frechet Inception Distance (Heusel et al. 2017), against three reference sets.

At small n most of it is bias: a covariance from n < 2,048 images is singular, so that even a
perfect generator has a large `fid_train`. Read it beside the controls.
"""

from metrics.frechet import frechet_distance
from metrics.measure import Measure, Pair, Reference, Value


def fid(pair: Pair) -> Value:
    """The Frechet distance between the Inception features of a pair."""
    return Value(frechet_distance(*pair.features("inception")))


def _fid(reference: Reference, against: str) -> Measure:
    title = f"FID against {against}"
    return Measure(f"fid_{reference}", title, "lower", reference, "images", 2, "inception", fid)


FID_TRAIN = _fid("train", "the training images")
FID_HELDOUT = _fid("heldout", "held-out images")
FID_CLASS = _fid("class", "all images of the class")
