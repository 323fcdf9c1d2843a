"""The files of all parts of one run, joined."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suite.protocol.artefacts import Trajectory, check_data, load_samples
from suite.running import paths
from suite.running.digests import remedy
from suite.running.errors import InputError
from suite.running.files import read_json


def load_records(parts: Sequence[Path]) -> list[dict[str, Any]]:
    """run.json of each part.

    Raises:
        InputError: one is missing or damaged, two are of different runs, or a part stands twice.
    """
    records = [read_json(part / paths.RECORD) for part in parts]
    identities = [_identity(record, part) for record, part in zip(records, parts, strict=True)]
    numbers: set[int] = set()
    for part, (run, number) in zip(parts, identities, strict=True):
        if run != identities[0][0]:
            raise InputError(f"{part}: belongs to another run than {parts[0]}: evaluate it alone")
        if number in numbers:
            raise InputError(f"{part}: part {number} of the run is given twice: give it once")
        numbers.add(number)
    return records


def _identity(record: dict[str, Any], part: Path) -> tuple[str, int]:
    try:
        seeds = record["seeds"]
        same = [record[key] for key in ("method", "settings", "data")]
        same += [seeds["data"], seeds["training"]]
        return json.dumps(same, sort_keys=True), int(seeds["part"])
    except (KeyError, TypeError) as error:
        path = part / paths.RECORD
        raise InputError(f"{path}: has no entry {error}: {remedy(path)}") from error


def load_generated(parts: Sequence[Path]) -> np.ndarray:
    """Samples of all parts, in the order given: uint8 [N, H, W, C] or float32 [N, 2]."""
    return np.concatenate([load_samples(part / paths.SAMPLES) for part in parts])


def snapshots(parts: Sequence[Path]) -> Iterator[tuple[int, np.ndarray]]:
    """(iteration, rows of all parts) at every iteration where some part has a snapshot.

    A part without a snapshot at that iteration (it stopped earlier, say) gives its latest one.
    """
    found = [Trajectory.load(part / paths.TRAJECTORY) for part in parts]
    for iteration in sorted({int(i) for t in found for i in t.iterations}):
        latest = [int(np.searchsorted(t.iterations, iteration, side="right")) - 1 for t in found]
        rows = [t.data[max(i, 0)] for t, i in zip(found, latest, strict=True)]
        yield iteration, check_data(np.concatenate(rows), str(parts[0] / paths.TRAJECTORY))
