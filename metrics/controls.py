"""Controls: real images in the place of generated ones, so that a table shows its own scale.

train      the training rows themselves: what pure copying gets
heldout    held-out real rows: new images of the same quality
disjoint   as many real rows as a run has samples, none of them a training row: the noise
           floor, below which no difference between methods means anything
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from metrics.evaluate import Reference, applicable, evaluate
from metrics.features import Features
from suite.artefacts import Subset
from suite.errors import InputError
from suite.measure import MEASURES
from suite.seeds import stream

TITLES = {
    "train": "training images",
    "heldout": "held-out images",
    "disjoint": "disjoint real images",
}


def disjoint_rows(train: Subset, pool: Subset, count: int, seed: int) -> np.ndarray:
    """`count` rows of `pool` (all there are, if fewer) that are not among the training rows.

    pool: rows of the same dataset and split, with the same indices.

    Raises:
        InputError: the pool is of another dataset or split, or holds training rows only.
    """
    if (pool.dataset, pool.split) != (train.dataset, train.split):
        raise InputError(
            f"the pool is {pool.dataset} ({pool.split}) and the training rows {train.dataset} "
            f"({train.split}): draw both from one split of one dataset"
        )
    free = np.flatnonzero(~np.isin(pool.indices, train.indices))
    if not len(free):
        raise InputError("every row of the pool is a training row: give a larger pool with --class")
    return pool.data[stream("controls:disjoint", seed).permutation(free)[:count]]


def judge_controls(
    train: Subset,
    heldout: Subset,
    pool: Subset,
    names: Sequence[str] | None,
    samples: int,
    features: Features,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Metrics of each control, by its name: {"title", "samples", "metrics"}.

    names: the metrics; None for all that apply. A control is not compared with itself as the
    held-out or class set (which says nothing); with the training set it is.

    Raises:
        InputError: see `disjoint_rows` and `metrics.evaluate.check`.
    """
    references = {
        "train": Reference.of(train),
        "heldout": Reference.of(heldout),
        "class": Reference.of(pool),
    }
    rows = {
        "train": train.data,
        "heldout": heldout.data[:samples],
        "disjoint": disjoint_rows(train, pool, samples, seed),
    }
    report = {}
    for control, data in rows.items():
        allowed = {k: v for k, v in references.items() if not (k == control == "heldout")}
        chosen = applicable(data, allowed) if names is None else list(names)
        fitting = [n for n in chosen if MEASURES.lookup(n).reference in allowed]
        report[control] = {
            "title": TITLES[control],
            "samples": len(data),
            "metrics": evaluate(data, allowed, fitting, features, seed),
        }
    return report
