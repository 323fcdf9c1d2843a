"""The tables of a reproduction, written in every form."""

from pathlib import Path

from reporting.controls import read_controls
from reporting.pages.table import table_page
from reporting.plan import Plan
from reporting.runs import read_runs
from reporting.tables.fill import fill
from reporting.tables.text import markdown, tidy
from suite.running.files import write_artefact
from suite.running.paths import TABLE


def write_tables(plan: Plan, results: Path) -> None:
    """Write every table of the plan as CSV, Markdown and HTML, and print it."""
    runs = list(read_runs(plan, results))
    controls = read_controls(plan, results)
    for name in plan.experiments():
        filled = fill(name, plan, runs, controls)
        text = markdown(filled)
        forms = {"csv": tidy(filled.rows), "md": text, "html": table_page(filled)}
        for suffix, content in forms.items():
            write_artefact(results / TABLE.format(experiment=name, suffix=suffix), content)
        print(text)
