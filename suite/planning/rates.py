"""The rates of this machine for `suite.planning.cost`, measured by short runs of the commands.

On a busy CPU the processor time of a command counts, since the wall time includes waiting.
"""

import csv
import io
import os
import resource
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
from suite.planning.known import EMBED, JOB, Rate
from suite.protocol.artefacts import Subset
from suite.protocol.method import Work
from suite.protocol.seeds import stream
from suite.running.devices import asked
from suite.running.errors import InputError
from suite.running.files import read_json, write_text

SIZES = 32, 128
"""Rows of the two runs that a rate is fitted to."""
ITERATIONS = {False: 12, True: 400}
"""Whether on a GPU -> iterations of each run. On a GPU the first are slow: updates are captured."""


def noise(rows: int, shape: tuple[int, ...]) -> Subset:
    """A subset of random pixels, or of random points."""
    random = stream("measuring", rows)
    images = len(shape) == 3
    data = random.integers(0, 256, (rows, *shape), np.uint8) if images else None
    points = random.random((rows, *shape), np.float32)
    return Subset(
        points if data is None else data, np.full(rows, -1), np.arange(rows), "noise", "train", 0
    )


def _run(config: Config, *arguments: str) -> tuple[float, float]:
    """Wall time of a room's command [s], and the share of it in which the command had a CPU."""
    started, used = time.perf_counter(), _children()
    asked = {
        "DEVICE": config.device,
        "OMP_NUM_THREADS": str(config.threads),
        "TQDM_DISABLE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{' '.join(arguments[:3])}: {last.removeprefix('error: ')}")
    wall = time.perf_counter() - started
    return wall, min(1.0, (_children() - used) / wall) if config.device == "cpu" else 1.0


def _children() -> float:
    """Processor time of all child processes that have ended [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _line(small: tuple[float, float], large: tuple[float, float]) -> tuple[float, float]:
    """Line through two points (size, seconds): intercept and slope, neither below 0."""
    each = max(0.0, (large[1] - small[1]) / (large[0] - small[0]))
    return max(0.0, small[1] - each * small[0]), each


def median_pass(history: Path, work: Work) -> float:
    """Median seconds of a pass, without the first iterations, which warm caches up."""
    with open(history, newline="", encoding="utf-8") as file:
        seconds = [float(line["seconds"]) for line in csv.DictReader(file)]
    return statistics.median(np.diff(seconds[2:])) / work.steps


def _training_rate(config: Config, method: str, settings: Any, shape: tuple[int, ...]) -> Rate:
    entry, room = method_entry(method), method_room(method)
    if entry.work is None:
        raise InputError(f"{method}: says nothing of its work: give its Method a `work`")
    found, starts = [], []
    iterations = ITERATIONS[bool(asked(config.device))]
    for rows in SIZES:
        changes: dict[str, Any] = {entry.budget: iterations, "snapshots": 1}
        if "batch" in entry.settings.model_fields:
            changes["batch"] = rows
        short = settings.model_copy(update=changes)
        work = entry.work(short, shape, rows)
        with tempfile.TemporaryDirectory() as folder:
            data, out = Path(folder, "noise.npz"), Path(folder, "run")
            noise(rows, shape).save(data)
            wall, share = _run(
                config,
                *(room, "train", entry.name, "--data", str(data), "--out", str(out)),
                *("--samples", "1", "--settings", short.model_dump_json(exclude_unset=False)),
            )
            record = read_json(out / "run.json")
            found.append((work.size, share * median_pass(out / "history.csv", work)))
        starts.append(share * (wall - record["seconds"]))
    return Rate(*_line(found[0], found[1]), statistics.fmean(starts))


def _comparison(config: Config, rows: int, shape: tuple[int, ...], metric: str) -> float:
    """Time to judge random rows against random rows, of which there is one more [s]."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, f"{name}.npz") for name in ("one", "two")]
        for file, count in zip(files, (rows, rows + 1), strict=True):
            noise(count, shape).save(file)
        names = [str(file) for file in files]
        wall, share = _run(config, "metrics", "compare", *names, "--metrics", metric)
        return wall * share


def _embedding_rate(config: Config, shape: tuple[int, ...]) -> Rate:
    found = [(2.0 * rows + 1, _comparison(config, rows, shape, "fid_train")) for rows in SIZES]
    start, each = _line(found[0], found[1])
    return Rate(0.0, each, start)


def measure(config: Config, shapes: dict[str, tuple[int, ...]]) -> dict[tuple[str, str], Rate]:
    """The rates of each method of a configuration, of embedding images, and of a short job.

    Raises:
        InputError: a command failed.
    """
    rates: dict[tuple[str, str], Rate] = {}
    planned: dict[tuple[str, str], Cell] = {}
    for cell in cells(config):
        if cell.dataset in shapes:
            data = "images" if len(shapes[cell.dataset]) == 3 else "points"
            planned.setdefault((method_entry(cell.method).name, data), cell)
    for (method, data), cell in tqdm(planned.items(), unit="method"):
        settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
        rates[method, data] = _training_rate(config, method, settings, shapes[cell.dataset])
    rates[JOB, ""] = Rate(0.0, 0.0, _comparison(config, 8, (28, 28, 1), "am_ssim"))
    images = [shape for shape in shapes.values() if len(shape) == 3]
    if images:
        rates[EMBED, "images"] = _embedding_rate(config, images[0])
    return rates


def save_rates(path: Path, rates: dict[tuple[str, str], Rate]) -> None:
    """Write rates as CSV, whole or not at all."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["name", "data", "fixed", "each", "start"])
    for (name, data), rate in sorted(rates.items()):
        writer.writerow([name, data, *(f"{x:.6g}" for x in (rate.fixed, rate.each, rate.start))])
    write_text(path, buffer.getvalue())
