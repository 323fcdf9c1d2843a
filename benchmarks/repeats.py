"""Whether 95 % intervals cover 95 % on real trainings: many runs of a method with other seeds.

    python -m benchmarks repeats

Each line trains one method on one subset with `--runs` training seeds. Groups of 2, 3 or 5 of these
runs are drawn many times. The interval of a group should contain the mean over all runs. The
distance to that mean is divided by sqrt(1 - k / runs), because the k runs are a part of it. Two
groups without a common run should not be called different. One run has no interval; the last two
columns show what its error over samples would claim.
"""

import sys
import tempfile
from dataclasses import dataclass, field
from math import sqrt
from typing import Annotated, Any

import numpy as np
import typer
from tqdm import tqdm

from benchmarks import _markdown
from datasets.draw import draw
from metrics.evaluate import Reference, evaluate
from metrics.features import Features
from reporting.intervals import difference, estimate
from suite.planning.configuration import all_methods
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job
from suite.protocol.seeds import stream
from suite.protocol.settings import parse
from suite.protocol.source import SOURCES

SIZES = 2, 3, 5
"""Numbers of training seeds in an interval."""


@dataclass(frozen=True)
class Line:
    """A method on n rows of a dataset, with its settings. As many samples as rows are judged."""

    method: str
    dataset: str
    n: int
    metrics: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)


IMAGES, POINTS = ("fid_train", "am_ssim"), ("w2_train",)
LINES = (
    Line("dcgan", "mnist", 16, IMAGES, {"updates": 20, "batch": 16, "networks": "tuned"}),
    Line("ga-cntk", "mnist", 16, IMAGES, {"iterations": 100}),
    Line("dcgan", "ring8", 64, POINTS, {"updates": 150, "networks": "tuned"}),
    Line("ga-fntk", "ring8", 64, POINTS, {"iterations": 30, "optimiser": "adam", "step": 0.01}),
)


def rows_of(line: Line) -> Subset:
    """The training subset; digits at 16 x 16, by means of 2 x 2 pixels."""
    source = SOURCES.lookup(line.dataset)
    subset = draw(source, source.settings(), "train", line.n, 0)
    if subset.data.ndim == 2:
        return subset
    padded = np.pad(subset.data, ((0, 0), (2, 2), (2, 2), (0, 0))).astype(np.float64)
    small = padded.reshape(line.n, 16, 2, 16, 2, 1).mean(axis=(2, 4)).round().astype(np.uint8)
    return Subset(small, subset.labels, subset.indices, subset.dataset, subset.split, subset.seed)


def repeated(line: Line, runs: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By metric: values and own errors of the runs, float64 [runs] each (NaN without an error)."""
    method, subset, features = all_methods()[line.method], rows_of(line), Features()
    given = {"snapshots": 1} | line.settings
    if method.batch:
        given.setdefault("batch", line.n)
    settings = parse(method.settings, given, line.method)
    found: dict[str, list[tuple[float, float]]] = {metric: [] for metric in line.metrics}
    for seed in tqdm(range(runs), f"{line.method} on {line.dataset}", file=sys.stderr):
        job = Job(subset, settings, seed, 0, line.n)
        samples = method.train(job).samples
        references = {"train": Reference(subset.data)}
        for metric, entry in evaluate(samples, references, line.metrics, features, 0).items():
            error = np.nan if entry["std"] is None else entry["std"]
            found[metric].append((entry["value"], error))
    return {metric: tuple(np.array(pairs).T) for metric, pairs in found.items()}


def covered(values: np.ndarray, size: int, draws: int) -> float:
    """Share of groups of runs whose interval contains the mean over all runs."""
    rng, hits = stream("repeats:coverage", size), 0
    part = sqrt(1 - size / len(values))
    for _ in range(draws):
        own = estimate({0: rng.permutation(values)[:size].tolist()})
        low, high = own.interval
        hits += abs(own.mean - values.mean()) / part <= (high - low) / 2
    return hits / draws


def told_apart(values: np.ndarray, size: int, draws: int) -> float:
    """Share of pairs of groups without a common run that are called different."""
    rng, hits = stream("repeats:claims", size), 0
    for _ in range(draws):
        order = rng.permutation(values)
        one, other = order[:size].tolist(), order[size : 2 * size].tolist()
        hits += difference({0: one}, {0: other}).doubt <= 0.05
    return hits / draws


def of_one_run(values: np.ndarray, errors: np.ndarray) -> tuple[float, float]:
    """Claims from 1.96 own errors: share of runs that contain the mean, of pairs that differ."""
    first, second = np.triu_indices(len(values), 1)
    gaps = np.abs(values[first] - values[second])
    apart = gaps > 1.96 * np.hypot(errors[first], errors[second])
    return float((np.abs(values - values.mean()) <= 1.96 * errors).mean()), float(apart.mean())


def row(line: Line, metric: str, values: np.ndarray, errors: np.ndarray, draws: int) -> str:
    """A line of the table."""
    holds, apart = of_one_run(values, errors)
    shares = [covered(values, k, draws) for k in SIZES] + [
        told_apart(values, k, draws) for k in SIZES
    ]
    return _markdown.line(
        f"{line.method}, {line.n} rows of {line.dataset}, {metric}",
        f"{len(values)}",
        f"{values.mean():.4g} ± {values.std(ddof=1):.2g}",
        *(f"{100 * share:.1f} %" for share in (*shares, holds, apart)),
    )


def table(
    runs: Annotated[int, typer.Option(help="training seeds of each method", min=10)] = 40,
    draws: Annotated[int, typer.Option(help="groups of runs to draw", min=1)] = 4000,
) -> None:
    """Print coverage and false claims as Markdown."""
    import jax

    head = ["method, data, metric", "runs", "mean ± deviation"]
    head += [f"covered, {k} seeds" for k in SIZES]
    head += [*(f"told apart, {k} seeds" for k in SIZES), "one run ± 1.96 own errors covers"]
    head += ["two runs told apart by own errors"]
    print(_markdown.head(*head, numbers=True))
    with tempfile.TemporaryDirectory() as cache:
        # Every solution compiles the same program.
        jax.config.update("jax_compilation_cache_dir", cache)
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        for line in LINES:
            for metric, (values, errors) in repeated(line, runs).items():
                print(row(line, metric, values, errors, draws), flush=True)


COMMANDS = (table,)
