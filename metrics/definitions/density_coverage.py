"""Density and coverage (Naeem et al., 2020), with k = 5 as in the paper.

A ball around each reference row reaches to its k-th nearest neighbour among the reference rows.
Density is the number of balls that contain a generated row, divided by k. It is 1 on average for
equal distributions, and can be larger. Coverage is the share of balls that contain any generated
row.

The paper uses features of VGG-16. These metrics use the pooled features of Inception, or those of
LeNet, so their values cannot be compared with published ones.
"""

from dataclasses import replace

from metrics.neighbours import across, bootstrap_error, reference_radii, standard_error
from suite.protocol.metric import Metric, Pair, ReferenceSet, Value
from suite.protocol.seeds import stream

K = 5
DETAILS = {"neighbours": K}


def density(pair: Pair, extractor: str) -> Value:
    """Balls of reference rows that hold a generated row, over k, mean over generated rows."""
    inside = pair.once(across, extractor) < pair.once(reference_radii, extractor, K)
    counts = inside.sum(axis=1) / K
    return Value(float(counts.mean()), standard_error(counts), DETAILS)


def coverage(pair: Pair, extractor: str) -> Value:
    """Share of reference rows whose ball holds a generated row."""
    inside = pair.once(across, extractor) < pair.once(reference_radii, extractor, K)
    error = bootstrap_error(inside, stream("coverage:bootstrap", pair.seed))
    return Value(float(inside.any(axis=0).mean()), error, DETAILS)


def _pair(
    reference: ReferenceSet,
    title: str,
    extractor: str = "inception",
    tag: str = "",
    eyes: str = "With Inception features, faint noise lowers it to nearly 0.",
) -> tuple[Metric, Metric]:
    base = Metric(
        name=f"density{tag}_{reference}",
        title=f"Density ({title})",
        about="Sees images that are unlike the reference, as precision does, but outliers of the "
        f"reference count less. {eyes} Misses copying and most lost modes. Published values use "
        "VGG-16 features and cannot be compared.",
        unit="balls that hold a generated row, over k",
        range=(0, None),
        better="higher",
        reference=reference,
        minimum=K + 1,
        extractor=extractor,
        compute=lambda pair: density(pair, extractor),
        references=(("Naeem et al., 2020", "section 3", "https://arxiv.org/abs/2002.09797"),),
    )
    other = replace(
        base,
        name=f"coverage{tag}_{reference}",
        title=f"Coverage ({title})",
        about=f"Sees lost modes. {eyes} Grows with the number of generated rows (0.25 for 64 new "
        "digits, 0.99 for 2,048): compare equal numbers only. Published values use VGG-16 features "
        "and cannot be compared.",
        unit="share of reference rows",
        range=(0, 1),
        compute=lambda pair: coverage(pair, extractor),
        shows="coverage",
    )
    return base, other


DENSITY_TRAIN, COVERAGE_TRAIN = _pair("train", "train")
DENSITY_HELDOUT, COVERAGE_HELDOUT = _pair("heldout", "held-out")
DENSITY_LENET, COVERAGE_LENET = _pair(
    "heldout",
    "held-out, LeNet",
    "lenet",
    "_lenet",
    "With LeNet features, noise changes it little, and a shift by two pixels much.",
)
