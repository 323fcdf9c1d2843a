"""The figures of a reproduction, drawn and written."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure

from reporting.controls import read_controls
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
from reporting.figures.group import Group, groups
from reporting.figures.style import save
from reporting.plan import Plan
from reporting.runs import read_runs
from suite.running.files import write_artefact
from suite.running.paths import DRAWN, FIGURES

KINDS: dict[str, Callable[[Group], Figure | None]] = {
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
}
"""Kind, as the names of files begin -> how it is drawn; None where there is nothing to show."""


def write_figures(plan: Plan, results: Path) -> None:
    """Draw every figure that the finished runs allow, and print the names of the files."""
    folder = results / FIGURES
    runs = list(read_runs(plan, results))
    folder.mkdir(parents=True, exist_ok=True)
    for group in groups(plan, results, runs, read_controls(plan, results)):
        for kind, draw in KINDS.items():
            figure = draw(group)
            if figure is not None:
                path = folder / f"{kind}-{group.name}.png"
                save(figure, path)
                print(path)
    drawn = sorted(folder.glob("[!.]*-*"))
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in drawn]
    write_artefact(results / DRAWN, "".join(sums))
