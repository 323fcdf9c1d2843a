"""The best snapshot of a run, chosen by real images that are no reference set of any table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metrics.controls import disjoint_rows
from metrics.evaluate import Reference, evaluate
from metrics.features import Features
from metrics.runs import snapshots
from suite.protocol.artefacts import Subset
from suite.protocol.method import late
from suite.protocol.metric import METRICS
from suite.running.errors import InputError

VALIDATION = 512
"""Real images that a snapshot is chosen by, at most [images]."""


@dataclass(frozen=True)
class Choosing:
    """How a snapshot is chosen: by `metric`, on the first `rows` rows of each snapshot.

    train: the training rows of the run. pool: the whole training split. Its rows outside `train`
    replace the held-out rows of the metric.
    """

    metric: str
    rows: int
    train: Subset
    pool: Subset


def best_snapshot(
    parts: Sequence[Path], choosing: Choosing, features: Features, seed: int
) -> tuple[dict[str, Any], np.ndarray]:
    """The choice, and the rows of the chosen snapshot that were not used for it: [N, H, W, C].

    parts: folders of the parts of one run. The choice is the entry `chosen` of metrics.json:

    metric: the metric that chose. iteration: iteration of the snapshot.
    rows: number of rows of each snapshot that were compared. reference: number of real images that
    they were compared with. values: (iteration, value) of each candidate; candidates are the
    snapshots in the last nine tenths of the run.

    Raises:
        InputError: the metric compares with another set or has no good side, a snapshot has no row
            left to judge, or see `metrics.controls.disjoint_rows` and `metrics.evaluate.check`.
    """
    metric, rows = choosing.metric, choosing.rows
    known = METRICS.lookup(metric)
    if known.reference != "heldout" or known.better == "neither":
        raise InputError(
            f"{metric} cannot choose a snapshot: give a metric that compares with held-out images "
            "and has a better direction"
        )
    validation = Reference(disjoint_rows(choosing.train, choosing.pool, VALIDATION, seed))
    found = dict(snapshots(parts))
    values = []
    for iteration in late(list(found)):
        if len(found[iteration]) <= rows:
            raise InputError(
                f"{parts[0]}: a snapshot has {len(found[iteration])} rows, and {rows} of them "
                "would be used to choose, so that none is left to judge: train with a larger "
                "snapshot_rows, or more parts"
            )
        shown = found[iteration][:rows]
        entry = evaluate(shown, {"heldout": validation}, [metric], features, seed)[metric]
        values.append((iteration, entry["value"]))
    sign = 1 if known.better == "lower" else -1
    best = min(values, key=lambda pair: sign * pair[1])[0]
    choice = {
        "metric": metric,
        "iteration": best,
        "rows": rows,
        "reference": len(validation.data),
        "values": values,
    }
    return choice, found[best][rows:]
