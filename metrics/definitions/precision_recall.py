"""Improved precision and recall (Kynkäänniemi et al., 2019), with k = 3 as in the paper.

A ball around each row reaches to its k-th nearest neighbour in its own set. Precision is the share
of generated rows inside a ball of a reference row. Recall is the share of reference rows inside a
ball of a generated row. Recall depends on both numbers of rows, because many generated rows have
small balls.

The paper uses features of VGG-16. These metrics use the pooled features of Inception, so their
values cannot be compared with published ones.
"""

from dataclasses import replace

import numpy as np

from metrics.neighbours import (
    across,
    distances_among,
    kth_smallest,
    reference_radii,
    standard_error,
)
from suite.protocol.metric import Metric, Pair, ReferenceSet, Value
from suite.protocol.seeds import stream

K = 3
HALVES = 100
DETAILS = {"neighbours": K}


def precision(pair: Pair) -> Value:
    """Share of generated rows within a ball of a reference row."""
    inside = pair.once(across, "inception") <= pair.once(reference_radii, "inception", K)
    hits = np.any(inside, axis=1)
    return Value(float(hits.mean()), standard_error(hits), DETAILS)


def recall(pair: Pair) -> Value:
    """Share of reference rows within a ball of a generated row."""
    own = distances_among(pair.features("inception")[0])
    gaps = pair.once(across, "inception")
    error = _recall_error(own, gaps, stream("recall:halves", pair.seed))
    return Value(_recall(own, gaps), error, DETAILS)


def _recall(own: np.ndarray, gaps: np.ndarray) -> float:
    """Recall from distances among generated rows [N, N] and to reference rows [N, M]."""
    return float((gaps <= kth_smallest(own, K)[:, None]).any(axis=0).mean())


def _recall_error(own: np.ndarray, gaps: np.ndarray, rng: np.random.Generator) -> float | None:
    """Standard error of recall over fresh generated rows, the reference given.

    A row that a bootstrap repeats is its own nearest neighbour, and its ball shrinks. So rows are
    left out instead: the deviation of recall over random halves of the generated rows, times
    sqrt(b / (N - b)) for halves of b rows (the delete-d jackknife of Shao and Wu 1989). None
    where a half has no k-th neighbours.
    """
    count = len(own)
    half = count // 2
    if half <= K:
        return None
    draws = (rng.permutation(count)[:half] for _ in range(HALVES))
    values = [_recall(own[np.ix_(rows, rows)], gaps[rows]) for rows in draws]
    return float(np.std(values, ddof=1) * np.sqrt(half / (count - half)))


def _pair(reference: ReferenceSet, title: str) -> tuple[Metric, Metric]:
    base = Metric(
        name=f"precision_{reference}",
        title=f"Precision ({title})",
        about="Sees noise and blur in single images (0.02 for faint noise). Misses lost modes and "
        "copying: one repeated real image scores 1. Published values use VGG-16 features and "
        "cannot be compared.",
        unit="share of generated rows",
        range=(0, 1),
        better="higher",
        reference=reference,
        minimum=K + 1,
        extractor="inception",
        compute=precision,
        references=(
            ("Kynkäänniemi et al., 2019", "Eqs. 1 and 2", "https://arxiv.org/abs/1904.06991"),
        ),
    )
    other = replace(
        base,
        name=f"recall_{reference}",
        title=f"Recall ({title})",
        about="Sees lost modes (0.6 for half the digits, 0 for one repeated image) and noise. "
        "Depends on both numbers of rows, and one outlier among the generated rows can cover many "
        "reference rows. Published values use VGG-16 features and cannot be compared.",
        unit="share of reference rows",
        compute=recall,
    )
    return base, other


PRECISION_TRAIN, RECALL_TRAIN = _pair("train", "train")
PRECISION_HELDOUT, RECALL_HELDOUT = _pair("heldout", "held-out")
