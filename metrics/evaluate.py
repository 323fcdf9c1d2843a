"""Metrics of generated rows against the sets that they are compared with."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metrics.features import Features
from metrics.measure import Measure, Pair, Value
from suite.errors import InputError
from suite.registry import lookup, registered


def kind_of(rows: np.ndarray) -> str:
    """`images` for uint8 [N, H, W, C], `points` for float32 [N, 2]."""
    return "images" if rows.ndim == 4 else "points"


def applicable(rows: np.ndarray, references: Mapping[str, np.ndarray]) -> list[str]:
    """Every metric that fits the rows and whose reference set is given."""
    return [
        name
        for name, measure in registered("metrics.measures").items()
        if measure.data == kind_of(rows) and measure.reference in references
    ]


def check(
    names: Sequence[str], generated: np.ndarray, references: Mapping[str, np.ndarray]
) -> list[Measure]:
    """The metrics called `names`, once it is certain that each can be computed.

    Raises:
        InputError: an unknown metric, a missing reference set, too few rows, or sets whose rows
            differ in shape.
    """
    measures: list[Measure] = [lookup("metrics.measures", name) for name in names]
    for reference, rows in references.items():
        if rows.shape[1:] != generated.shape[1:]:
            raise InputError(
                f"the generated rows are {_shape(generated)} and the {reference} set's "
                f"{_shape(rows)}: bring both to one size and colour"
            )
    for measure in measures:
        if measure.data != kind_of(generated):
            raise InputError(
                f"{measure.name} judges {measure.data}, not {kind_of(generated)}: leave it out"
            )
        if measure.reference not in references:
            raise InputError(
                f"{measure.name} needs the {measure.reference} set: give it with "
                f"--{measure.reference}, or leave the metric out"
            )
        for side, rows in (
            ("generated", generated),
            (measure.reference, references[measure.reference]),
        ):
            if len(rows) < measure.minimum:
                raise InputError(
                    f"{measure.name} needs at least {measure.minimum} rows and the {side} set "
                    f"has {len(rows)}: give more"
                )
    return measures


def _shape(rows: np.ndarray) -> str:
    if rows.ndim == 2:
        return f"points of {rows.shape[1]} numbers"
    height, width, channels = rows.shape[1:]
    return f"images of {width} x {height} with {channels} channel{'s' if channels > 1 else ''}"


def evaluate(
    generated: np.ndarray,
    references: Mapping[str, np.ndarray],
    names: Sequence[str],
    features: Features,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Each metric of `names`, as it stands in metrics.json.

    generated: uint8 [N, H, W, C] or float32 [N, 2]; references: the same kind of rows, by name
        of the set (train, heldout, class).

    Raises:
        InputError: see `check`.
    """
    measures = check(names, generated, references)
    pairs = {name: Pair(generated, rows, seed, features.embed) for name, rows in references.items()}
    entries = {}
    for measure in measures:
        pair = pairs[measure.reference]
        entries[measure.name] = _entry(measure, pair, measure.compute(pair))
    return entries


def _entry(measure: Measure, pair: Pair, value: Value) -> dict[str, Any]:
    return {
        "title": measure.title,
        "value": value.value,
        "std": value.std,
        "better": measure.better,
        "generated": len(pair.generated),
        "reference": len(pair.reference),
        "reference_set": measure.reference,
        "extractor": measure.extractor,
        **value.details,
    }
