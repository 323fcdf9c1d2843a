"""Command line of the datasets: `python -m datasets --help`."""

from pathlib import Path
from typing import Annotated

import typer

from datasets.draw import draw
from suite.cli import make_app, run
from suite.settings import parse_pairs
from suite.source import SOURCES

app = make_app("datasets", "Draw subsets of the paper's datasets.", SOURCES)


@app.command()
def subset(
    kind: Annotated[str, typer.Argument(help="a registered dataset")],
    out: Annotated[Path, typer.Option(help="npz to write")],
    called: Annotated[
        str | None, typer.Option("--name", help="what tables and figures call it; default: KIND")
    ] = None,
    n: Annotated[int | None, typer.Option(help="rows to draw [images]; default: all")] = None,
    or_fewer: Annotated[
        bool, typer.Option("--or-fewer", help="all rows where there are fewer than n")
    ] = False,
    seed: Annotated[int, typer.Option(help="data seed", min=0)] = 0,
    split: Annotated[str, typer.Option(help="train or heldout")] = "train",
    settings: Annotated[str | None, typer.Option(help="settings as one JSON object")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="one setting, KEY=VALUE; repeatable")
    ] = None,
) -> None:
    """Draw n rows of a dataset by seed."""
    if split not in ("train", "heldout"):
        raise typer.BadParameter(f"{split}: choose train or heldout", param_hint="--split")
    source = SOURCES.lookup(kind)
    resolved = parse_pairs(source.settings, settings, set_ or [], f"settings of {kind}")
    draw(source, resolved, split, n, seed, name=called, or_fewer=or_fewer).save(out)


if __name__ == "__main__":
    run(app)
