"""Command line of the reports: `python -m reporting --help`."""

from pathlib import Path
from typing import Annotated

import typer

from reporting.controls import read_controls
from reporting.pages.table import table_page
from reporting.plan import Plan, plan_of
from reporting.runs import read_runs
from reporting.tables.fill import fill
from reporting.tables.text import markdown, tidy
from suite.planning.configuration import load_config
from suite.running.cli import make_app, run
from suite.running.files import write_text
from suite.running.paths import FIGURES, PAGE, TABLE

app = make_app("reporting", "Tables, figures and the report of a reproduction.")

Results = Annotated[Path, typer.Option(help="folder of the reproduction, results/NAME")]
ConfigFile = Annotated[Path, typer.Option("--config", help="its configuration (YAML or JSON)")]


def write_tables(plan: Plan, results: Path) -> None:
    """Write every table of the plan as CSV, Markdown and HTML, and print it."""
    runs = list(read_runs(plan, results))
    controls = read_controls(plan, results)
    for name in plan.experiments():
        filled = fill(name, plan, runs, controls)
        text = markdown(filled)
        forms = {"csv": tidy(filled.rows), "md": text, "html": table_page(filled)}
        for suffix, content in forms.items():
            write_text(results / TABLE.format(experiment=name, suffix=suffix), content)
        print(text)


@app.command()
def tables(results: Results, config: ConfigFile) -> None:
    """Write tables/TABLE.{csv,md,html}, ours beside the published values, and print them."""
    write_tables(plan_of(load_config(config)), results)


def write_figures(plan: Plan, results: Path) -> None:
    """Draw every figure that the runs so far have something for, and name the files."""
    from reporting.figures import (
        bound,
        boxes,
        curves,
        learning,
        nearest,
        paths,
        samples,
        stages,
        strips,
        walks,
    )
    from reporting.figures.group import groups
    from reporting.figures.style import save

    folder = results / FIGURES
    runs = list(read_runs(plan, results))
    folder.mkdir(parents=True, exist_ok=True)
    for group in groups(plan, results, runs, read_controls(plan, results)):
        for kind, draw in {
            "samples": samples.draw,
            "learning": learning.draw,
            "trajectory": strips.draw,
            "path": paths.draw,
            "curves": curves.draw,
            "nearest": nearest.draw,
            "stages": stages.draw,
            "walk": walks.draw,
            "boxes": boxes.draw,
            "bound": bound.draw,
        }.items():
            figure = draw(group)
            if figure is not None:
                path = folder / f"{kind}-{group.name}.png"
                save(figure, path)
                print(path)


@app.command()
def figures(results: Results, config: ConfigFile) -> None:
    """Draw figures/*.png: samples, nearest images, learning curves, metrics along the training."""
    write_figures(plan_of(load_config(config)), results)


@app.command()
def report(results: Results, config: ConfigFile) -> None:
    """Write index.html: verdict, tables, figures, protocol and provenance on one page."""
    from reporting.pages.index import index_page

    plan = plan_of(load_config(config))
    out = results / PAGE
    runs = list(read_runs(plan, results))
    write_text(out, index_page(plan, results, runs, read_controls(plan, results)))
    print(out)


if __name__ == "__main__":
    run(app)
