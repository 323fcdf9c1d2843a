"""Metrics of generated rows against reference sets."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.features import Features
from suite.protocol.artefacts import Subset
from suite.protocol.metric import EXTRACTORS, METRICS, Metric, Pair
from suite.running.errors import InputError


@dataclass(frozen=True)
class Reference:
    """Rows to compare with: uint8 [M, H, W, C] or float32 [M, 2], and labels int64 [M] or None."""

    data: np.ndarray
    labels: np.ndarray | None = None

    @staticmethod
    def of(subset: Subset) -> "Reference":
        """The rows of a subset, with its labels where it has any (-1 stands for none)."""
        return Reference(subset.data, None if (subset.labels < 0).any() else subset.labels)


References = Mapping[str, Reference]
"""Reference sets by name: train, heldout, class."""


def applicable(rows: np.ndarray, references: References) -> list[str]:
    """Every metric that these rows and reference sets allow."""
    return [
        name
        for name, metric in METRICS.entries.items()
        if _obstacle(metric, rows, references) is None
    ]


def check(names: Sequence[str], rows: np.ndarray, references: References) -> list[Metric]:
    """The metrics called `names`, after a check that each can be computed.

    Raises:
        InputError: an unknown metric, a missing reference set or label, too few rows, images
            smaller than the metric takes, or sets whose rows differ in shape.
    """
    metrics = [METRICS.lookup(name) for name in names]
    for name, reference in references.items():
        if reference.data.shape[1:] != rows.shape[1:]:
            raise InputError(
                f"the generated rows are {_shape(rows)}, but those of the {name} set are "
                f"{_shape(reference.data)}: convert them to the same size and channels"
            )
    for metric in metrics:
        obstacle = _obstacle(metric, rows, references)
        if obstacle:
            raise InputError(f"{metric.name} {obstacle}, or leave the metric out")
    return metrics


def suited(names: Sequence[str], rows: np.ndarray) -> list[str]:
    """The metrics among `names` that can judge such rows. Prints the others on stderr.

    A configuration has one list of metrics for all its datasets, those of images and of points.

    Raises:
        InputError: an unknown metric, or none is left.
    """
    reasons = {name: _mismatch(METRICS.lookup(name), rows) for name in names}
    left = [name for name in names if reasons[name] is None]
    if not left:
        raise InputError(f"no metric fits: {names[0]} {reasons[names[0]]}")
    for name in names:
        if name not in left:
            print(f"leaving out {name}: it {reasons[name]}", file=sys.stderr)
    return left


def names_of(metrics: str | None, rows: np.ndarray, references: References) -> list[str]:
    """The metrics that the user named, each once, or all that apply."""
    if metrics is None:
        return applicable(rows, references)
    names = list(dict.fromkeys(metrics.replace(",", " ").split()))
    if not names:
        raise InputError("--metrics is empty: give names separated by commas, or leave it out")
    return names


def planned_names(metrics: str | None, rows: np.ndarray, references: References) -> list[str]:
    """Like `names_of`, but names that do not fit these rows are left out."""
    names = names_of(metrics, rows, references)
    return names if metrics is None else suited(names, rows)


def _mismatch(metric: Metric, rows: np.ndarray) -> str | None:
    """Why a metric is not made for such rows, or None if it is."""
    kind = "images" if rows.ndim == 4 else "points"
    if metric.data != kind:
        return f"judges {metric.data}, not {kind}: give {metric.data}"
    shape = metric.extractor and EXTRACTORS.lookup(metric.extractor).shape
    if shape and shape != rows.shape[1:]:
        height, width, channels = shape
        return (
            f"uses {metric.extractor}, which takes only images of {width} x {height} with "
            f"{channels} channel, not {_shape(rows)}: give such images"
        )
    return None


def _obstacle(metric: Metric, rows: np.ndarray, references: References) -> str | None:
    """Why a metric cannot be computed and what to do, or None if it can."""
    mismatch = _mismatch(metric, rows)
    if mismatch:
        return mismatch
    if metric.data == "images" and min(rows.shape[1:3]) < metric.side:
        return (
            f"needs images of at least {metric.side} x {metric.side} pixels, not "
            f"{_shape(rows)}: give larger ones"
        )
    if metric.reference not in references:
        return f"needs the {metric.reference} set: give it with --{metric.reference}"
    reference = references[metric.reference]
    for side, data in (("generated", rows), (metric.reference, reference.data)):
        if len(data) < metric.minimum:
            return (
                f"needs at least {metric.minimum} rows, but the {side} set has {len(data)}: "
                "give more"
            )
    if metric.labelled and reference.labels is None:
        return f"needs labels in the {metric.reference} set: give a subset that has them"
    return None


def _shape(rows: np.ndarray) -> str:
    if rows.ndim == 2:
        return f"points of {rows.shape[1]} numbers"
    height, width, channels = rows.shape[1:]
    return f"images of {width} x {height} with {channels} channel{'s' if channels > 1 else ''}"


def evaluate(
    generated: np.ndarray,
    references: References,
    names: Sequence[str],
    features: Features,
    seed: int,
    new: np.ndarray | None = None,
) -> dict[str, dict[str, Any]]:
    """Name of each metric -> its entry in metrics.json.

    generated: uint8 [N, H, W, C] or float32 [N, 2]. references: the same kind of rows. new: real
    rows outside all these sets; None for the held-out set.

    Raises:
        InputError: see `check`.
    """
    metrics = check(names, generated, references)
    if new is None and "heldout" in references:
        new = references["heldout"].data
    pairs = {
        name: Pair(generated, reference.data, reference.labels, seed, features.embed, new)
        for name, reference in references.items()
    }
    entries = {}
    for metric in metrics:
        pair = pairs[metric.reference]
        value = metric.compute(pair)
        entries[metric.name] = {
            "title": metric.title,
            "value": value.value,
            "std": value.std,
            "better": metric.better,
            "generated": len(generated),
            "reference": len(pair.reference),
            "reference_set": metric.reference,
            "extractor": metric.extractor,
            **value.details,
        }
    return entries
