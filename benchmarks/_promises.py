"""The verdict's other promises, for `benchmarks.intervals`: trends, copies, collapse."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from metrics.definitions.copies import RATE
from metrics.definitions.diversity import diversity
from metrics.shares import Calibration, share_of
from reporting.runs import MetricValue
from reporting.tables.cells import Row
from reporting.trends import improving, window_of
from reporting.verdict.real import ALIKE, copiers
from suite.protocol.method import snapshot_iterations
from suite.protocol.metric import Pair
from suite.protocol.seeds import stream
from suite.running.files import read_arrays
from suite.running.provenance import ROOT

METHODS = 8


@dataclass(frozen=True)
class Share:
    """A simulated share of `cases` cases: what was counted, under which conditions, the promise."""

    table: str
    case: str
    what: str
    cases: int
    share: float
    promised: str


def still(lines: int) -> Iterable[Share]:
    """Shares of trainings called "still improving", for several courses and levels of noise."""
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
def _measured(hits: int, rows: int, new: int) -> MetricValue:
    """The entry of `copies` if `hits` of `rows` samples look like copies, with `new` new images."""
    rank = max(1, int(RATE * (new + 1)))
    found = share_of(hits, rows, Calibration(rank, new - rank + 1))
    return MetricValue(
        value=found.value,
        better="neither",
        interval=(found.low, found.high),
        doubt=found.doubt,
    )


def of_copies(lines: int) -> Iterable[Share]:
    """Shares of methods that are said to copy, among eight methods with one run each."""
    for new in (15, 64, 1024):
        rank = max(1, int(RATE * (new + 1)))
        for rows in (64, 2048):
            case = f"{new:,} new images, {rows:,} samples"
            for share in (0.0, 0.05, 0.2, 0.5, 1.0):
                rng, named, holds = stream(f"intervals:copies:{share}", new, rows), 0.0, 0
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


def _copy_line(runs: list[MetricValue]) -> list[Row]:
    return [
        Row("", 0, f"m{i}", "copies", {0: [run.value or 0.0]}, 1, "ok", "neither", measured=[run])
        for i, run in enumerate(runs)
    ]


def of_collapse(draws: int) -> Iterable[Share]:
    """Shares of sets of 64 images that are called alike, with 64 training digits."""
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
            pair = Pair(rows[..., None], train[..., None], None, 0, _no_features)
            counts[kind] = counts.get(kind, 0) + (diversity(pair).value < ALIKE)
    for kind, count in counts.items():
        promised = {"new digits": "0 %", "flat images": "100 %"}.get(kind, "")
        yield Share("collapse", "64 training digits", kind, draws, count / draws, promised)


def _no_features(name: str, images: np.ndarray) -> np.ndarray:
    raise AssertionError("diversity is of pixels")
