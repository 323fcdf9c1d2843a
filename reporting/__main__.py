"""Command line of the reports: `python -m reporting --help`."""

from pathlib import Path
from typing import Annotated

import typer

from reporting.controls import read_controls
from reporting.plan import plan_of
from reporting.runs import read_runs
from reporting.tables.write import write_tables
from suite.planning.configuration import load_config
from suite.running.cli import make_app, run
from suite.running.files import write_artefact
from suite.running.paths import PAGE

app = make_app("reporting", "Tables, figures and the report of a reproduction.")

Results = Annotated[Path, typer.Option(help="folder of the reproduction, results/NAME")]
ConfigFile = Annotated[Path, typer.Option("--config", help="its configuration (YAML or JSON)")]


@app.command()
def tables(results: Results, config: ConfigFile) -> None:
    """Write tables/TABLE.{csv,md,html}, our values beside the published ones, and print them."""
    write_tables(plan_of(load_config(config)), results)


@app.command()
def figures(results: Results, config: ConfigFile) -> None:
    """Draw figures/*.png: samples, nearest images, learning curves, metrics along the training."""
    from reporting.figures.write import write_figures

    write_figures(plan_of(load_config(config)), results)


@app.command()
def report(results: Results, config: ConfigFile) -> None:
    """Write index.html: verdict, tables, figures, protocol and provenance on one page."""
    from reporting.pages.index import index_page

    plan = plan_of(load_config(config))
    out = results / PAGE
    runs = list(read_runs(plan, results))
    write_artefact(out, index_page(plan, results, runs, read_controls(plan, results)))
    print(out)


if __name__ == "__main__":
    run(app)
