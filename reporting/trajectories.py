"""What a run left along its training: the metrics of its snapshots, and its losses."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reporting.runs import Run
from suite.running import paths
from suite.running.digests import remedy
from suite.running.errors import InputError
from suite.running.files import read_text


class Snapshot(NamedTuple):
    """A judged snapshot.

    rows: its number of rows. metrics: metric -> value.
    """

    iteration: int
    rows: int
    metrics: dict[str, float]


def read_trajectory(path: Path) -> list[Snapshot]:
    """The judged snapshots, in the order of their iterations.

    path: CSV with the columns iteration, metric, value, generated (`python -m metrics trajectory`).

    Raises:
        InputError: the file cannot be read, or has another format.
    """
    found: dict[int, Snapshot] = {}
    try:
        for line in csv.DictReader(io.StringIO(read_text(path))):
            iteration = int(line["iteration"])
            empty = Snapshot(iteration, int(line["generated"]), {})
            snapshot = found.setdefault(iteration, empty)
            snapshot.metrics[line["metric"]] = float(line["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no judged trajectory ({error}): {remedy(path)}") from error
    return [found[iteration] for iteration in sorted(found)]


def read_history(path: Path) -> dict[str, list[float]]:
    """The columns of a run's history, a CSV of numbers; an empty field is NaN.

    Raises:
        InputError: the file cannot be read, or has another format.
    """
    try:
        lines = list(csv.DictReader(io.StringIO(read_text(path))))
        return {
            k: [float("nan" if line[k] == "" else line[k]) for line in lines]
            for k in (lines[0] if lines else [])
        }
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: is no table of numbers ({error}): {remedy(path)}") from error


def trajectory_of(run: Run) -> list[Snapshot]:
    """The judged snapshots of a run; none if they were not judged."""
    path = run.folder / paths.JUDGED
    return read_trajectory(path) if path.exists() else []


def trajectories(runs: Mapping[str, list[Run]]) -> dict[str, list[Snapshot]]:
    """Method -> judged snapshots of its first run, for the methods that have any."""
    found = {method: trajectory_of(group[0]) for method, group in runs.items()}
    return {method: snapshots for method, snapshots in found.items() if snapshots}
