"""Fréchet Inception Distance (Heusel et al., 2017), against three reference sets.

For small n most of it is bias: a covariance from n < 2,048 images is singular, so that even a
perfect generator has a large `fid_train`. Compare it with the controls.
"""

from dataclasses import replace

from metrics.frechet import frechet_distance, standard_error
from suite.protocol.metric import Metric, Pair, Value


def fid(pair: Pair) -> Value:
    """The Frechet distance between the Inception features of a pair."""
    x, y = pair.features("inception")
    return Value(frechet_distance(x, y), standard_error(x, y))


FID_TRAIN = Metric(
    name="fid_train",
    title="FID (train)",
    about="Sees noise, blur and lost modes in one number, lost modes least. Few rows bias it "
    "upwards: compared with 64 digits, new digits score 49 and copies 0.",
    unit="squared distance of Inception features",
    range=(0, None),
    better="lower",
    reference="train",
    minimum=2,
    extractor="inception",
    compute=fid,
    references=(("Heusel et al., 2017", "Eq. 6", "https://arxiv.org/abs/1706.08500"),),
)
FID_HELDOUT = replace(FID_TRAIN, name="fid_heldout", title="FID (held-out)", reference="heldout")
FID_CLASS = replace(FID_TRAIN, name="fid_class", title="FID (class)", reference="class")
