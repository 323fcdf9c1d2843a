"""Whether intervals called 95 % cover 95 %, and how often equal methods are called different.

    python -m benchmarks.intervals

Runs are made up: a subset of the data shifts all its runs by a deviate of variance 1, and each
method on it by another (`peculiar`), a training seed shifts its run by a third. What is to be
covered is the mean over subsets and seeds; with one data seed, that on its subset. `normal`
deviates are Gaussian, `skewed` ones lognormal (sigma 0.5, skewness 1.75) brought to mean 0 and
variance 1.
"""

from collections.abc import Callable
from itertools import combinations
from math import sqrt
from typing import Annotated

import numpy as np
import typer

from reporting.intervals import Values, difference, estimate
from reporting.tables.cells import Row, surely_better
from suite.protocol.seeds import stream
from suite.running.cli import run

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)
LAYOUTS = [(1, 2), (1, 3), (1, 5), (1, 10), (2, 3), (3, 1), (3, 3), (5, 1), (5, 3), (10, 1)]
"""Data seeds and training seeds."""

HEAD = ["deviates", "data seeds", "training seeds", "intervals that cover"]
HEAD += ["all runs as independent", "one run ± 1.96 of its own error", "lines with a false claim"]
HEAD += ["without correction", "about other subsets", "winner found"]

METHODS = 8
WITHIN = 0.15
"""Standard error over the samples of a run, beside a deviation of 1 between runs."""

Deviates = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Gaussian deviates."""
    return rng.normal(size=shape)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Lognormal deviates of mean 0 and variance 1."""
    mean, growth = np.exp(0.125), np.exp(0.25)
    return np.asarray((rng.lognormal(0, 0.5, shape) / mean - 1) / sqrt(growth - 1))


def drawn(
    rng: np.random.Generator, draw: Deviates, subsets: int, runs: int, peculiar: bool
) -> tuple[list[Values], np.ndarray]:
    """A line of equal methods: the values of each, and its means on the subsets [methods, d].

    peculiar: whether methods differ on a subset, though not in the mean over all subsets.
    """
    centres = draw(rng, (1, subsets)) + peculiar * draw(rng, (METHODS, subsets))
    values = centres[..., None] + draw(rng, (METHODS, subsets, runs))
    return [{d: list(row) for d, row in enumerate(method)} for method in values], centres


def covered(draw: Deviates, subsets: int, runs: int, lines: int) -> list[float]:
    """Shares of intervals that hold the truth: ours, all runs taken as independent, of one run."""
    rng = stream("intervals:coverage", subsets, runs)
    hits = np.zeros(3)
    for _ in range(lines):
        methods, centres = drawn(rng, draw, subsets, runs, True)
        for values, own in zip(methods, centres, strict=True):
            truth = own[0] if subsets == 1 else 0.0
            pooled = {0: [value for found in values.values() for value in found]}
            for i, found in enumerate((estimate(values), estimate(pooled))):
                low, high = found.interval
                hits[i] += low <= truth <= high
            hits[2] += abs(values[0][0] - truth) <= 1.96 * WITHIN
    return list(hits / (lines * METHODS))


def claimed(draw: Deviates, subsets: int, runs: int, lines: int, lead: float) -> list[float]:
    """Shares of lines of equal methods with a false claim, and of those whose winner is found.

    False claims: ours; without correction for the number of pairs; ours, taken for more than the
    subset where there is one. A winner is better than the others by `lead`.
    """
    rng = stream("intervals:claims", subsets, runs)
    counts = np.zeros(4)
    for _ in range(lines):
        methods, _ = drawn(rng, draw, subsets, runs, subsets > 1)
        peculiar, _ = drawn(rng, draw, subsets, runs, True)
        counts[0] += bool(surely_better(_line(methods)))
        counts[1] += any(difference(a, b).doubt <= 0.05 for a, b in combinations(methods, 2))
        counts[2] += bool(surely_better(_line(peculiar)))
        first = {d: [value - lead for value in found] for d, found in methods[0].items()}
        pairs = surely_better(_line([first, *methods[1:]]))
        counts[3] += sum(better == "m0" for better, _ in pairs) == METHODS - 1
    return list(counts / lines)


def _line(methods: list[Values]) -> list[Row]:
    count = sum(map(len, methods[0].values()))
    return [
        Row("", 0, f"m{i}", "", values, count, "ok", "lower") for i, values in enumerate(methods)
    ]


@app.command()
def table(
    lines: Annotated[int, typer.Option(help=f"simulated lines of {METHODS} methods", min=1)] = 1000,
    lead: Annotated[float, typer.Option(help="by how many deviations a winner is better")] = 4.0,
) -> None:
    """Print the shares as Markdown."""
    print(f"| {' | '.join(HEAD)} |")
    print("| --- |" + " ---: |" * (len(HEAD) - 1))
    for draw in (normal, skewed):
        for subsets, runs in LAYOUTS:
            shares = covered(draw, subsets, runs, lines)
            shares += claimed(draw, subsets, runs, lines, lead)
            cells = " | ".join(f"{100 * share:.1f} %" for share in shares)
            print(f"| {draw.__name__} | {subsets} | {runs} | {cells} |", flush=True)


if __name__ == "__main__":
    run(app)
