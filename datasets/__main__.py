"""Command line of the datasets: `python -m datasets --help`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from datasets.draw import draw
from suite.planning.cost import many
from suite.planning.known import known_rates
from suite.protocol.image_files import check_colour
from suite.protocol.settings import parse_pairs
from suite.protocol.source import SOURCES, Split
from suite.running.cli import make_app, run
from suite.running.cpu import available_cores
from suite.running.durations import duration
from suite.running.errors import InputError
from suite.running.files import write_text

app = make_app(
    "datasets", "Draw subsets of datasets, and write configurations for your own pictures.", SOURCES
)


@app.command()
def subset(
    kind: Annotated[str, typer.Argument(help="a registered dataset")],
    out: Annotated[Path, typer.Option(help="npz to write")],
    called: Annotated[
        str | None, typer.Option("--name", help="name in tables and figures; default: KIND")
    ] = None,
    n: Annotated[int | None, typer.Option(help="number of rows to draw; default: all")] = None,
    or_fewer: Annotated[
        bool, typer.Option("--or-fewer", help="take all rows if there are fewer than n")
    ] = False,
    seed: Annotated[int, typer.Option(help="data seed", min=0)] = 0,
    split: Annotated[Split, typer.Option(help="rows to draw from")] = "train",
    settings: Annotated[str | None, typer.Option(help="settings as one JSON object")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="one setting, KEY=VALUE; repeatable")
    ] = None,
) -> None:
    """Draw n rows of a dataset, by seed."""
    source = SOURCES.lookup(kind)
    resolved = parse_pairs(source.settings, settings, set_ or [], f"settings of {kind}")
    draw(source, resolved, split, n, seed, name=called, or_fewer=or_fewer).save(out)


@app.command()
def init(
    folders: Annotated[list[Path], typer.Argument(help="folders of pictures")],
    out: Annotated[Path, typer.Option(help="configuration to write (YAML)")],
    budget: Annotated[
        Literal["quick", "evening", "paper"], typer.Option(help="time for all trainings")
    ] = "quick",
    cores: Annotated[int | None, typer.Option(help="CPU cores; default: all", min=1)] = None,
    called: Annotated[
        list[str] | None,
        typer.Option("--name", help="name of a folder, one for each; default: its own name"),
    ] = None,
    subfolders: Annotated[
        bool, typer.Option("--subfolders", help="include the pictures of all subfolders")
    ] = False,
    background: Annotated[
        str,
        typer.Option(
            help="colour behind transparent pixels: white, grey, black or #rrggbb",
            parser=check_colour,
        ),
    ] = "white",
) -> None:
    """Write a commented configuration that compares methods on folders of pictures.

    Prints what each folder contains, and how the configuration uses it.
    """
    from datasets.budgets import BUDGETS
    from datasets.init import decided, fitted, text_of
    from datasets.survey import name_of, names_of, survey, told

    if out.exists():
        raise InputError(f"{out}: already exists: choose another --out, or delete it")
    names = names_of(folders, called or ())
    surveys = [survey(*pair, subfolders) for pair in zip(folders, names, strict=True)]
    used, title = cores or available_cores(), name_of(out.with_suffix(""))
    fit = fitted(surveys, BUDGETS[budget], title, known_rates(), used, background)
    for found in surveys:
        print(told(found, background, decided(found, fit.config)))
    print(fit.told(), end="")
    write_text(out, text_of(fit.config, surveys, budget, fit.seconds, used, out))
    print(
        f"{out}: about {duration(fit.seconds)} with {many(used)}; see `python -m suite plan {out}`"
    )


if __name__ == "__main__":
    run(app)
