"""Measures the rates of this machine (`suite.planning.known`) by short runs of the commands."""

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from suite.planning.configuration import Cell, Config, cells, method_entry, method_room, settings_of
from suite.planning.known import EMBED, JOB, Rate, Rates
from suite.planning.variants import method_of
from suite.protocol.artefacts import Subset
from suite.protocol.method import Shape, Work
from suite.protocol.seeds import stream
from suite.running.devices import asked
from suite.running.errors import InputError
from suite.running.files import csv_text, read_json, write_text

SIZES = 32, 128
"""Rows of the two runs to which a rate is fitted."""
ITERATIONS = {False: 12, True: 400}
"""Whether on a GPU -> iterations of each run. A GPU first captures its CUDA graphs."""


def noise(rows: int, shape: Shape) -> Subset:
    """A subset of random pixels, or of random points."""
    random, size, images = stream("measuring", rows), (rows, *shape), len(shape) == 3
    data = random.integers(0, 256, size, np.uint8) if images else random.random(size, np.float32)
    return Subset(data, np.full(rows, -1), np.arange(rows), "noise", "train", 0)


def _run(config: Config, *arguments: str) -> float:
    """Wall time of a room's command [s]."""
    started = time.perf_counter()
    threads = {"OMP_NUM_THREADS": str(config.threads), "TQDM_DISABLE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **threads, "DEVICE": config.device},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{' '.join(arguments[:3])}: {last.removeprefix('error: ')}")
    return time.perf_counter() - started


def _line(small: tuple[float, float], large: tuple[float, float]) -> tuple[float, float]:
    """Line through two points (size, seconds): intercept and slope, neither below 0."""
    each = max(0.0, (large[1] - small[1]) / (large[0] - small[0]))
    return max(0.0, small[1] - each * small[0]), each


def median_pass(history: Path, work: Work) -> float:
    """Median time of a pass without the first two iterations, which fill caches [s]."""
    with open(history, newline="", encoding="utf-8") as file:
        seconds = [float(line["seconds"]) for line in csv.DictReader(file)]
    return statistics.median(np.diff(seconds[2:])) / work.steps


def _training_rate(config: Config, method: str, settings: Any, shape: Shape) -> Rate:
    entry, room = method_entry(method), method_room(method)
    if entry.work is None:
        raise InputError(f"{method}: its speed cannot be measured: give its Method a `work`")
    found, starts = [], []
    iterations = ITERATIONS[bool(asked(config.device))]
    for rows in SIZES:
        batch = {"batch": rows} if entry.batch else {}
        short = settings.model_copy(update={entry.budget: iterations, "snapshots": 1, **batch})
        work = entry.work(short, shape, rows)
        with tempfile.TemporaryDirectory() as folder:
            data, out = Path(folder, "noise.npz"), Path(folder, "run")
            noise(rows, shape).save(data)
            wall = _run(
                config,
                *(room, "train", entry.name, "--data", str(data), "--out", str(out)),
                *("--samples", "1", "--settings", short.model_dump_json(exclude_unset=False)),
            )
            record = read_json(out / "run.json")
            found.append((work.size, median_pass(out / "history.csv", work)))
        starts.append(wall - record["seconds"])
    return Rate(*_line(*found), statistics.fmean(starts))


def _comparison(config: Config, rows: int, shape: Shape, metric: str) -> float:
    """Time to compare random rows with random rows, one more than the first [s]."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{name}.npz") for name in ("one", "two")]
        for file, count in zip(files, (rows, rows + 1), strict=True):
            noise(count, shape).save(file)
        names = [str(file) for file in files]
        return _run(config, "metrics", "compare", *names, "--metrics", metric)


def measure(config: Config, shapes: dict[str, Shape]) -> Rates:
    """The rates of each method of a configuration, of embedding images, and of a short job.

    Raises:
        InputError: a command failed.
    """
    rates: Rates = {}
    planned: dict[tuple[str, str], Cell] = {}
    for cell in cells(config):
        planned.setdefault((method_of(cell.method), config.kind(cell.dataset).data), cell)
    for (method, data), cell in tqdm(planned.items(), unit="method"):
        settings = settings_of(config, cell)
        rates[method, data] = _training_rate(config, method, settings, shapes[cell.dataset])
    rates[JOB, ""] = Rate(0.0, 0.0, _comparison(config, 8, (28, 28, 1), "am_ssim"))
    images = next((shape for shape in shapes.values() if len(shape) == 3), None)
    if images:
        few, many = (
            (2.0 * rows + 1, _comparison(config, rows, images, "fid_train")) for rows in SIZES
        )
        start, each = _line(few, many)
        rates[EMBED, "images"] = Rate(0.0, each, start)
    return rates


def save_rates(path: Path, rates: Rates) -> None:
    """Write rates as CSV, completely or not at all."""
    lines = [
        [*names, *(f"{x:.6g}" for x in (rate.fixed, rate.each, rate.start))]
        for names, rate in sorted(rates.items())
    ]
    write_text(path, csv_text(["name", "data", "fixed", "each", "start"], lines))
