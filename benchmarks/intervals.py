"""Every promise of the verdict, simulated: intervals, winners, ranks, trends, copies, collapse.

    python -m benchmarks intervals

It prints Markdown, and writes the numbers as CSV with --out. Runs are made up: a subset of the data
shifts all its runs by a deviate, and each method on it by another (`peculiar`), a training seed
shifts its run by a third. What is promised is asked of the code that makes the verdict itself:
`reporting.tables.cells`, `reporting.trends`, `reporting.verdict.real`, `metrics.shares`.
"""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from metrics.definitions.copies import RATE
from metrics.definitions.diversity import diversity
from metrics.shares import Calibration, share_of
from reporting.intervals import estimate
from reporting.runs import Measured
from reporting.tables.cells import Row, leader, surely_better
from reporting.trends import improving, window_of
from reporting.verdict.real import ALIKE, copiers
from suite.protocol.method import snapshot_iterations
from suite.protocol.metric import Pair
from suite.protocol.seeds import stream
from suite.running.cli import run
from suite.running.files import read_arrays, write_text
from suite.running.provenance import ROOT

app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)
LAYOUTS = [(1, 2), (1, 3), (1, 5), (1, 10), (2, 3), (3, 1), (3, 3), (5, 1), (5, 3), (10, 1)]
"""Data seeds and training seeds."""
METHODS = 8
WITHIN = 0.15
"""Standard error over the samples of a run, beside a deviation of 1 between runs."""
FAR = 1000.0
LEAD = 4.0
"""By how many deviations a winner is better."""

Deviates = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


@dataclass(frozen=True)
class Share:
    """A simulated share of cases: of what, under which conditions, and what was promised."""

    table: str
    case: str
    what: str
    cases: int
    share: float
    promised: str


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

    peculiar: whether methods differ on a subset, though not in the mean over all subsets.
    """
    centres = draw(rng, (1, subsets)) + peculiar * draw(rng, (METHODS, subsets))
    return centres[..., None] + draw(rng, (METHODS, subsets, runs)), centres


def covered(draw: Deviates, subsets: int, runs: int, lines: int) -> dict[str, float]:
    """Shares of intervals that hold the truth: ours, all runs taken as independent, of one run."""
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
    """Shares of lines with a false claim, and of those whose winner is found."""
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


def still(lines: int) -> Iterable[Share]:
    """Trainings called still improving, by how long they have stood still, and the noise."""
    for count in (4, 8, 16, 30):
        times = snapshot_iterations(4000, count)
        course = [(at, 0.0) for at in times]
        start = (window_of(course) or course)[0][0]
        since = np.maximum(times, 1)
        courses = {
            "stood still where a trend is looked for": np.maximum(start / since, 1) ** 0.4,
            "stood still in the last half": np.maximum(2000 / since, 1) ** 0.4,
            "fell to the end": since**-0.4,
        }
        for noise in (0.02, 0.1, 0.3):
            rng = stream(f"intervals:still:{noise}", count)
            wild = 1 + noise * rng.normal(size=(lines, len(times)))
            case = f"{count} snapshots, noise of {100 * noise:.0f} %"
            for what, values in courses.items():
                found = (list(zip(times, one, strict=True)) for one in (wild * values).tolist())
                share = float(np.mean([improving(one, 1.0) for one in found]))
                promised = "at most 5 %" if "where" in what else ""
                yield Share("still improving", case, what, lines, share, promised)


@cache
def _measured(hits: int, rows: int, new: int) -> Measured:
    """What `copies` says where so many of so many rows look like copies, by so many new images."""
    rank = max(1, int(RATE * (new + 1)))
    found = share_of(hits, rows, Calibration(rank, new - rank + 1))
    return Measured(
        value=found.value,
        better="neither",
        interval=(found.low, found.high),
        doubt=found.doubt,
    )


def of_copies(lines: int) -> Iterable[Share]:
    """Methods said to copy, of eight with one run each, by how many of their samples do."""
    for new in (15, 64, 1024):
        rank = max(1, int(RATE * (new + 1)))
        for rows in (64, 2048):
            case = f"{new:,} new images, {rows:,} samples"
            for share in (0.0, 0.05, 0.2, 0.5, 1.0):
                rng, named, holds = stream(f"intervals:copies:{share}", new, rows), 0, 0
                for _ in range(lines):
                    rate = rng.beta(rank, new - rank + 1)
                    hits = rng.binomial(rows, share + (1 - share) * rate, METHODS).tolist()
                    runs = [_measured(count, rows, new) for count in hits]
                    found = len(copiers(_copy_line(runs)))
                    named += found > 0 if share == 0 else found / METHODS
                    low, high = runs[0].interval or (1.0, 0.0)
                    holds += low <= share <= high
                what = (
                    f"of {share:.0%} copies".replace("%", " %")
                    if share
                    else "any of 8 that copy nothing"
                )
                promised = "" if share else "at most 2.5 %"
                yield Share("said to copy", case, what, lines, named / lines, promised)
                what = f"interval holds {100 * share:.0f} %"
                yield Share("copies", case, what, lines, holds / lines, "at least 95 %")


def _copy_line(runs: list[Measured]) -> list[Row]:
    return [
        Row("", 0, f"m{i}", "copies", {0: [run.value or 0.0]}, 1, "ok", "neither", measured=[run])
        for i, run in enumerate(runs)
    ]


def of_collapse(draws: int) -> Iterable[Share]:
    """64 images said to be alike, beside 64 training digits."""
    digits = read_arrays(ROOT / "resources/mnist/mnist.npz", "train_images")["train_images"]
    rng = stream("intervals:collapse")
    counts: dict[str, int] = {}
    for _ in range(draws):
        order = rng.permutation(len(digits))
        train, new = digits[order[:64]], digits[order[64:128]]
        noise = rng.normal(0, 10, new.shape)
        kinds = {
            "new digits": new,
            "8 digits, repeated": np.repeat(new[:8], 8, axis=0),
            "2 digits, repeated": np.repeat(new[:2], 32, axis=0),
            "1 digit with noise (sigma 10 of 255)": np.clip(new[:1] + noise, 0, 255),
            "flat images": rng.integers(1, 256, (64, 1, 1)) * np.ones_like(new),
        }
        for kind, rows in kinds.items():
            pair = Pair(*(one[..., None] for one in (rows, train)), None, 0, _no_features)
            counts[kind] = counts.get(kind, 0) + (diversity(pair).value < ALIKE)
    for kind, count in counts.items():
        promised = {"new digits": "0 %", "flat images": "100 %"}.get(kind, "")
        yield Share("collapse", "64 training digits", kind, draws, count / draws, promised)


def _no_features(name: str, images: np.ndarray) -> np.ndarray:
    raise AssertionError("diversity is of pixels")


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
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(Share.__dataclass_fields__)
    for s in shares:
        writer.writerow([s.table, s.case, s.what, s.cases, f"{s.share:.4g}", s.promised])
    return buffer.getvalue()


def markdown(shares: list[Share]) -> str:
    """A table for each kind of promise: a line a case, a column a share."""
    parts = []
    for name in dict.fromkeys(s.table for s in shares):
        mine = [s for s in shares if s.table == name]
        columns = {s.what: s.promised for s in mine}
        head = [f"{what}{f' ({told})' if told else ''}" for what, told in columns.items()]
        rows = [f"| {name} | {' | '.join(head)} |", "| --- |" + " ---: |" * len(head)]
        for case in dict.fromkeys(s.case for s in mine):
            found = {s.what: s.share for s in mine if s.case == case}
            cells = [f"{100 * found[what]:.1f} %" for what in columns]
            rows.append(f"| {case} | {' | '.join(cells)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


@app.command()
def table(
    lines: Annotated[int, typer.Option(help=f"simulated lines of {METHODS} methods", min=1)] = 1000,
    out: Annotated[Path | None, typer.Option(help="where the numbers go, as CSV")] = None,
) -> None:
    """Print the shares as Markdown."""
    shares = list(simulated(lines))
    print(markdown(shares))
    if out:
        write_text(out, tidy(shares))


if __name__ == "__main__":
    run(app)
