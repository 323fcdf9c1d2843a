"""Simulates every promise of the verdict: intervals, winners, ranks, trends, copies, collapse.

    python -m benchmarks intervals

It prints Markdown, and writes the numbers as CSV with --out. The value of a simulated run is a sum
of random deviates: one for the subset, one for the method on that subset (`peculiar`), and one for
the training seed. The tested functions are those that make the verdict: `reporting.tables.cells`,
`reporting.trends`, `reporting.verdict.real` and `metrics.shares`.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks import _markdown
from benchmarks._promises import METHODS, Share, of_collapse, of_copies, still
from reporting.intervals import estimate
from reporting.tables.cells import Row, leader, surely_better
from suite.protocol.seeds import stream
from suite.running.files import csv_text, write_text

LAYOUTS = [(1, 2), (1, 3), (1, 5), (1, 10), (2, 3), (3, 1), (3, 3), (5, 1), (5, 3), (10, 1)]
"""Data seeds and training seeds."""
WITHIN = 0.15
"""Standard error over the samples of a run; the deviation between runs is 1."""
FAR = 1000.0
LEAD = 4.0
"""Distance of the winner from the others [standard deviations]."""

Deviates = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Gaussian deviates."""
    return rng.normal(size=shape)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Lognormal deviates (sigma 0.5, skewness 1.75) of mean 0 and variance 1."""
    mean, growth = np.exp(0.125), np.exp(0.25)
    return np.asarray((rng.lognormal(0, 0.5, shape) / mean - 1) / sqrt(growth - 1))


def line(values: np.ndarray) -> list[Row]:
    """Rows of one line from values [methods, subsets, runs]; lower is better."""
    return [
        Row("", 0, f"m{i}", "", {d: r.tolist() for d, r in enumerate(own)}, own.size, "ok", "lower")
        for i, own in enumerate(values)
    ]


def drawn(
    rng: np.random.Generator, draw: Deviates, subsets: int, runs: int, peculiar: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Values of equal methods [methods, subsets, runs], and their means on the subsets.

    peculiar: methods differ on a subset, but not in the mean over all subsets.
    """
    centres = draw(rng, (1, subsets)) + peculiar * draw(rng, (METHODS, subsets))
    return centres[..., None] + draw(rng, (METHODS, subsets, runs)), centres


def covered(draw: Deviates, subsets: int, runs: int, lines: int) -> dict[str, float]:
    """Shares of intervals that contain the truth: ours, of independent runs, and of one run."""
    rng = stream("intervals:coverage", subsets, runs)
    hits = np.zeros(3)
    for _ in range(lines):
        values, centres = drawn(rng, draw, subsets, runs, True)
        for method, own in zip(values, centres, strict=True):
            truth = own[0] if subsets == 1 else 0.0
            for i, found in enumerate(
                (dict(enumerate(method.tolist())), {0: method.ravel().tolist()})
            ):
                low, high = estimate(found).interval
                hits[i] += low <= truth <= high
            hits[2] += abs(method[0][0] - truth) <= 1.96 * WITHIN
    names = ("intervals that cover", "all runs as independent", "one run ± 1.96 of its own error")
    return dict(zip(names, hits / (lines * METHODS), strict=True))


def claimed(draw: Deviates, subsets: int, runs: int, lines: int) -> dict[str, float]:
    """Shares of lines with a false claim, and of lines whose winner is found."""
    rng, shares = stream("intervals:claims", subsets, runs), np.zeros(3)
    for _ in range(lines):
        values, _ = drawn(rng, draw, subsets, runs, subsets > 1)
        shares[0] += bool(surely_better(line(values)))
        two = values.copy()
        two[2:] += FAR * np.arange(1, METHODS - 1)[:, None, None]
        shares[1] += leader(line(two)) is not None
        values[0] -= LEAD
        first = line(values)
        shares[2] += leader(first) is first[0]
    names = ("a false pair among 8 equal", "a false winner of 2 equal", "winner found")
    return dict(zip(names, shares / lines, strict=True))


def unlike(shape: str, rng: np.random.Generator, methods: int, runs: int) -> np.ndarray:
    """Values [methods, 1, runs] of deviations 1 to 4, of skewed shapes, about equal medians or
    means."""
    spreads = np.geomspace(1, 4, methods)[:, None, None]
    raw = rng.normal(size=(methods, 1, runs))
    if shape.startswith("normal"):
        return spreads * raw
    centre = 1.0 if shape.endswith("medians") else np.exp(0.5)
    signs = np.ones(methods)
    if "to either side" in shape:
        signs[1::2] = -1
    if "to the left" in shape:
        signs[:] = -1
    return signs[:, None, None] * spreads * (np.exp(raw) - centre)


SHAPES = (
    "normal, equal means and medians",
    "skewed to the right, equal medians",
    "skewed to the left, equal medians",
    "skewed to either side, equal medians",
    "skewed to the right, equal means",
)


def of_unlike(lines: int) -> Iterable[Share]:
    """False claims where methods differ in spread and are skewed (lognormal, sigma 1)."""
    for shape in SHAPES:
        promised = "" if shape.endswith("equal means") else "at most 5 %"
        for runs in (2, 3, 5, 10):
            rng, shares = stream(f"intervals:{shape}", runs), np.zeros(3)
            for _ in range(lines):
                two, eight = (line(unlike(shape, rng, count, runs)) for count in (2, METHODS))
                shares[0] += leader(two) is not None
                shares[1] += leader(eight) is not None
                shares[2] += bool(surely_better(eight))
            names = ("a winner of 2", "a winner of 8", "a pair of 8")
            for what, share in zip(names, shares / lines, strict=True):
                yield Share("skewed", f"{shape}, {runs} seeds", what, lines, share, promised)


def simulated(lines: int) -> Iterable[Share]:
    """Every share, table by table."""
    for draw in (normal, skewed):
        for subsets, runs in LAYOUTS:
            case = f"{draw.__name__}, {subsets} data seeds, {runs} training seeds"
            for what, share in covered(draw, subsets, runs, lines).items():
                promised = "95 %" if what == "intervals that cover" else ""
                yield Share("intervals", case, what, lines * METHODS, share, promised)
            for what, share in claimed(draw, subsets, runs, lines).items():
                promised = "at most 5 %" if "false" in what else ""
                yield Share("claims", case, what, lines, share, promised)
    yield from of_unlike(lines)
    yield from still(lines)
    yield from of_copies(lines)
    yield from of_collapse(max(1, lines // 10))


def tidy(shares: Iterable[Share]) -> str:
    """All numbers as CSV."""
    return csv_text(
        Share.__dataclass_fields__,
        ([s.table, s.case, s.what, s.cases, f"{s.share:.4g}", s.promised] for s in shares),
    )


def markdown(shares: list[Share]) -> str:
    """One table per kind of promise: a line per case, a column per share."""
    parts = []
    for name in dict.fromkeys(s.table for s in shares):
        mine = [s for s in shares if s.table == name]
        columns = {s.what: s.promised for s in mine}
        titles = [f"{what}{f' ({told})' if told else ''}" for what, told in columns.items()]
        rows = [_markdown.head(name, *titles, numbers=True)]
        for case in dict.fromkeys(s.case for s in mine):
            found = {s.what: s.share for s in mine if s.case == case}
            rows.append(_markdown.line(case, *(f"{100 * found[what]:.1f} %" for what in columns)))
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def table(
    lines: Annotated[int, typer.Option(help=f"simulated lines of {METHODS} methods", min=1)] = 400,
    out: Annotated[Path | None, typer.Option(help="CSV to write the numbers to")] = None,
) -> None:
    """Print the shares as Markdown."""
    shares = list(simulated(lines))
    print(markdown(shares))
    if out:
        write_text(out, tidy(shares))


COMMANDS = (table,)
