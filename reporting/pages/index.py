"""index.html: all results on one page, the verdict first."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reporting.captions import CAPTIONS
from reporting.controls import Controls
from reporting.figures.group import Group, groups
from reporting.pages.about import about
from reporting.pages.charts import chart, pens
from reporting.pages.lines import Sheets, lines_by_method
from reporting.pages.pictures import nearest, samples, strips
from reporting.pages.render import render
from reporting.plan import Plan
from reporting.runs import Run
from reporting.tables.fill import fill
from reporting.tables.layout import VERDICT, words_of
from suite.running import paths
from suite.running.provenance import ROOT

LIBRARY = ROOT / "resources" / "datatables"
STRIPS = {"nearest": nearest, "trajectory": strips}
MOST = 8
"""Sentences of a verdict that are shown unasked."""


def _part(kind: str, group: Group, folder: Path, sheets: Sheets) -> dict[str, Any]:
    """What a section about one kind of picture shows of a group."""
    if kind == "samples":
        own = sheets[group.experiment, group.dataset, group.n]
        return {"sheets": list(own.values())}
    if kind in STRIPS:
        return {"strips": STRIPS[kind](group)}
    path = folder / f"{kind}-{group.name}.svg"
    return {"chart": chart(path) if path.exists() else ""}


def _sections(found: Sequence[Group], folder: Path, sheets: Sheets) -> Iterator[dict[str, Any]]:
    """One section per kind of picture, for the kinds that have any."""
    for kind, caption in CAPTIONS.items():
        parts = [(group.title, _part(kind, group, folder, sheets)) for group in found]
        shown = [
            {"title": title, "chart": "", "sheets": (), "strips": (), **part}
            for title, part in parts
            if any(part.values())
        ]
        if shown:
            yield {"name": kind, "caption": caption, "parts": shown}


def _title(plan: Plan) -> str:
    """The title of the configuration, else that of its only table, else its name."""
    titles = [plan.headings.get(name, ("", ""))[0] for name in plan.experiments()]
    return plan.heading or (titles[0] if len(titles) == 1 else "") or plan.name


def _summary(plan: Plan, runs: Sequence[Run]) -> str:
    done = sum(run.judged == "ok" for run in runs)
    return (
        f"{done} of {len(runs)} runs are trained, judged and ok; {plan.samples:,} samples a run. "
        f"Training seeds: {', '.join(map(str, plan.training_seeds))}; data seeds: "
        f"{', '.join(map(str, plan.data_seeds))}."
    )


def index_page(plan: Plan, results: Path, runs: Sequence[Run], controls: Controls) -> str:
    """The whole page, with its pictures.

    runs: every planned run. Charts are the figures in results/figures.
    """
    found = groups(plan, results, runs, controls)
    sheets = {(group.experiment, group.dataset, group.n): samples(group) for group in found}
    tables = [fill(name, plan, runs, controls) for name in plan.experiments()]
    sections = list(_sections(found, results / paths.FIGURES, sheets))
    return render(
        "index.html",
        title=_title(plan),
        summary=_summary(plan, runs),
        verdict_heading=VERDICT,
        links=[
            ("verdict", "Verdict"),
            *((f"table-{one.table.name}", one.table.title.partition(":")[0]) for one in tables),
            *((section["name"], section["caption"].link) for section in sections),
            ("about", "How it was made"),
        ],
        store=[picture for own in sheets.values() for picture in own.values()],
        tables=[
            {"name": one.table.name, "lines": lines_by_method(one, sheets), **words_of(one)}
            for one in tables
        ],
        sections=sections,
        about=about(plan, runs),
        most=MOST,
        pens=pens(),
        library=(LIBRARY / "dataTables.min.js").read_text(encoding="utf-8"),
        licence=(LIBRARY / "License.txt").read_text(encoding="utf-8"),
    )
