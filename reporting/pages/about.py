"""How the numbers of the page were obtained: metrics, protocol, settings, runs, provenance."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from reporting.plan import Plan
from reporting.runs import Run
from reporting.tables.numbers import number

Grid = tuple[Sequence[str], Sequence[Sequence[str]], int]
"""Head and lines of a table of text, and the position of the column whose lines may be broken."""


def _flat(value: Any) -> str:
    """A value of a record as one line of text."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_flat(inner)}" for key, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _distinct(values: Iterable[Any]) -> list[str]:
    """The distinct values as text, in order of appearance."""
    return list(dict.fromkeys(_flat(value) for value in values if value))


def _provenance(runs: Sequence[Run]) -> list[list[str]]:
    records = [record for run in runs for record in run.records]
    judged = [run.evaluation.provenance for run in runs if run.evaluation]
    found = {
        "Commit of training": _distinct(record.get("commit") for record in records),
        "Packages of training": _distinct(record.get("packages") for record in records),
        "Devices": _distinct(record.get("device") for record in records),
        **{
            f"{key.replace('_', ' ').capitalize()} of evaluation": _distinct(
                p.get(key) for p in judged
            )
            for key in dict.fromkeys(key for p in judged for key in p if key != "source")
        },
    }
    return [[key, value] for key, values in found.items() for value in values]


def _settings(plan: Plan) -> list[list[str]]:
    return [
        [experiment, plan.title(dataset), plan.title(method), _flat(dict(settings))]
        for (experiment, dataset, method), settings in plan.settings.items()
    ]


def _state(run: Run, record: dict[str, Any] | None) -> list[str]:
    if record is None:
        return [run.trained, "", "", "", "", "", run.fault]
    measured = (
        number(record[key]) if record.get(key) is not None else ""
        for key in ("seconds", "iterations_per_second", "compile_seconds", "peak_memory_mib")
    )
    details = run.cell.parts == 1 or record is run.records[0]
    return [
        record["stop_reason"],
        f"{record.get('iterations', 0):,}",
        *measured,
        _flat(record.get("details", {})) if details else "",
    ]


def _runs(plan: Plan, runs: Sequence[Run]) -> list[list[str]]:
    lines = []
    for run in runs:
        cell = run.cell
        head = [cell.experiment, plan.title(cell.dataset), f"{cell.n:,}", plan.title(cell.method)]
        for i, record in enumerate(run.records or [None]):
            part = f"{i + 1} of {cell.parts}" if cell.parts > 1 else ""
            seeds = f"{run.data_seed}, {run.seed}"
            lines.append([*head, seeds, part, *_state(run, record)])
    return lines


RUNS = ["experiment", "data", "n", "method", "seeds (data, training)", "part", "stop reason"]
RUNS += ["iterations", "time [s]", "iterations/s", "compilation [s]", "memory [MiB]", "details"]


def about(plan: Plan, runs: Sequence[Run]) -> dict[str, Grid]:
    """Title -> table below the results, most useful first."""
    settings = ["experiment", "data", "method", "settings"]
    return {
        "Metrics": (["metric", "how to read it"], list(plan.explained.items()), 1),
        "Protocol": (["what", "value"], list(plan.protocol.items()), 1),
        "Settings": (settings, _settings(plan), 3),
        "Runs": (RUNS, _runs(plan, runs), len(RUNS) - 1),
        "References": (["what", "paper", "place", "link"], plan.references, 1),
        "Provenance": (["what", "value"], _provenance(runs), 1),
    }
