"""report.html: the tables, figures, protocol and provenance of a reproduction on one page."""

import base64
import json
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from reporting.controls import Controls
from reporting.pages.shell import grid, page
from reporting.pages.table import fragment
from reporting.plan import Plan
from reporting.runs import Run
from reporting.tables.fill import Filled, fill
from reporting.tables.numbers import number
from suite import paths

CAPTIONS = {
    "samples": "Training images, and samples of the first run of each method.",
    "trajectory": "The same samples along the training.",
    "learning": "Losses; a line a run. Losses of different methods cannot be compared.",
    "path": "FID against AM-SSIM along the training: where a run stops decides its pair.",
    "curves": "Every metric along the training, for the first run of each method.",
    "nearest": "Samples of the first run of each method, each above its nearest training image, "
    "and the SSIM of the two (1 = a copy).",
}


def _figures(folder: Path) -> str:
    parts = []
    for kind, caption in CAPTIONS.items():
        for path in sorted(folder.glob(f"{kind}-*.png")):
            data = base64.b64encode(path.read_bytes()).decode()
            name = escape(path.stem)
            parts.append(
                f'<figure id="{name}"><img alt="{name}" src="data:image/png;base64,{data}">'
                f"<figcaption>{escape(caption)}</figcaption></figure>"
            )
    return "\n".join(parts) or "<p>None yet.</p>"


def _flat(value: Any) -> str:
    """A value of a record in a line of text."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_flat(inner)}" for key, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value)


def _distinct(values: Iterable[Any]) -> list[str]:
    """Each value once, as text, in the order of appearance."""
    return list(dict.fromkeys(_flat(value) for value in values if value))


def _provenance(runs: Sequence[Run]) -> str:
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
            for key in dict.fromkeys(key for p in judged for key in p)
        },
    }
    lines = [[key, value] for key, values in found.items() for value in values]
    return grid(["what", "value"], lines, wrap=(1,)) if lines else "<p>Nothing has run yet.</p>"


def _settings(plan: Plan) -> str:
    lines = [
        [experiment, plan.title(dataset), plan.title(method), _flat(dict(settings))]
        for (experiment, dataset, method), settings in plan.settings.items()
    ]
    return grid(["experiment", "data", "method", "settings"], lines, wrap=(3,))


def _state(run: Run, record: dict[str, Any] | None) -> list[str]:
    cell = run.cell
    if record is None:
        return [run.trained, "", "", "", "", "", run.fault]
    rate = record.get("iterations_per_second")
    return [
        record["stop_reason"],
        f"{record.get('iterations', 0):,}",
        number(record["seconds"]) if record.get("seconds") is not None else "",
        number(rate) if rate else "",
        number(record["compile_seconds"]) if record.get("compile_seconds") is not None else "",
        number(record["peak_memory_mib"]) if record.get("peak_memory_mib") is not None else "",
        _flat(record.get("details", {})) if cell.parts == 1 or record is run.records[0] else "",
    ]


def _runs(plan: Plan, runs: Sequence[Run]) -> str:
    lines = []
    for run in runs:
        cell = run.cell
        head = [cell.experiment, plan.title(cell.dataset), f"{cell.n:,}", plan.title(cell.method)]
        for i, record in enumerate(run.records or [None]):
            part = f"{i + 1} of {cell.parts}" if cell.parts > 1 else ""
            seeds = f"{run.data_seed}, {run.seed}"
            lines.append([*head, seeds, part, *_state(run, record)])
    head = ["experiment", "data", "n", "method", "seeds (data, training)", "part", "stop reason"]
    head += ["iterations", "time [s]", "iterations/s", "compilation [s]", "memory [MiB]", "details"]
    return grid(head, lines, wrap=(12,))


def report_page(plan: Plan, results: Path, runs: Sequence[Run], controls: Controls) -> str:
    """The whole page, images included.

    runs: every planned run; figures are those that stand in results/figures.
    """
    filled = [fill(name, plan, runs, controls) for name in plan.experiments()]
    tables = [f"<h2>{escape(one.table.title)}</h2>\n{fragment(one)}" for one in filled]
    done = sum(run.judged == "ok" for run in runs)
    explained = [[title, text] for title, text in plan.explained.items()]
    protocol = [[key, value] for key, value in plan.protocol.items()]
    sections = {
        "Metrics": grid(["metric", "how to read it"], explained, wrap=(1,)),
        "Figures": _figures(results / paths.FIGURES),
        "Protocol": grid(["what", "value"], protocol, wrap=(1,)),
        **{
            name: f"<details><summary>show</summary>{text}</details>"
            for name, text in {
                "Settings": _settings(plan),
                "Runs": _runs(plan, runs),
                "Provenance": _provenance(runs),
            }.items()
        },
    }
    links = "".join(f'<a href="#{name.lower()}">{name}</a>' for name in sections)
    body = "\n".join(
        f'<h2 id="{name.lower()}">{name}</h2>\n{text}' for name, text in sections.items()
    )
    title = _title(plan, filled)
    return page(
        title,
        f"<h1>{escape(title)}</h1>\n"
        f'<p class="soft">{done} of {len(runs)} runs are trained, judged and ok.</p>\n'
        f"<nav>{links}</nav>\n" + "\n".join(tables) + "\n" + body,
    )


def _title(plan: Plan, filled: Sequence[Filled]) -> str:
    """The paper's name only where its values stand beside ours."""
    if any(row.published for one in filled for row in one.rows):
        return f"Reproduction of GA-NTK: {plan.name}"
    return filled[0].table.title if len(filled) == 1 else plan.name
