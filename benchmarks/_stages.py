"""Work on a GPU that is there for minutes: stages in order of worth, kept as they end."""

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from suite.planning.configuration import load_config, method_entry, settings_of
from suite.planning.cost import duration
from suite.planning.known import known_rates
from suite.running import paths
from suite.running.files import read_json
from suite.running.provenance import ROOT


class Row(NamedTuple):
    """A line of the table; passed is None where nothing is judged."""

    what: str
    found: str
    passed: bool | None = None


class Stage(NamedTuple):
    """Some rows of the table, made together. seconds: about how long that takes."""

    name: str
    seconds: float
    rows: Callable[[], Iterable[Row]]


COLUMNS = ("stage", "what", "found", "passed", "seconds")
CELLS = [
    (method, n)
    for n in (64, 128, 256)
    for method in ("dcgan@networks=tuned", "lsgan@networks=tuned")
] + [(method, 64) for method in ("wgan-gp", "sngan", "wgan@networks=tuned", "stylegan2")]
"""Cells of Table 1 in config/mnist-gpu.yaml, those first that take least of a GPU's time."""


def finished(stages: Iterable[Stage], table: Path, deadline: float) -> Iterator[Row]:
    """Work through the stages that `table` (CSV) lacks and that end before `deadline`.

    deadline: by time.monotonic(). What ends is appended to the table at once, so that the same
    call on another day goes on; what has no time left is said and left out.
    """
    done: dict[str, list[Row]] = {}
    if table.exists():
        with open(table, newline="", encoding="utf-8") as file:
            for line in csv.DictReader(file):
                passed = {"": None, "True": True, "False": False}[line["passed"]]
                done.setdefault(line["stage"], []).append(Row(line["what"], line["found"], passed))
    for stage in stages:
        if stage.name in done:
            yield from done[stage.name]
            continue
        left = deadline - time.monotonic()
        if stage.seconds > left:
            needed = f"it takes about {duration(stage.seconds)}, {duration(max(left, 0))} are left"
            yield Row(stage.name, f"left out: {needed}")
            continue
        started = time.monotonic()
        rows = list(stage.rows())
        seconds = round(time.monotonic() - started, 1)
        table.parent.mkdir(parents=True, exist_ok=True)
        new = not table.exists()
        with open(table, "a", newline="", encoding="utf-8") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerows([COLUMNS] if new else [])
            lines.writerows([stage.name, *row, seconds] for row in rows)
        yield from rows


def cells(deadline: float, command: Sequence[str] = ()) -> Iterator[Row]:
    """Train `CELLS` by the workflow until the deadline; what is cut off goes on another time.

    command: instead of Snakemake's, which gets the run's record as its last argument.
    """
    path = ROOT / "config" / "mnist-gpu.yaml"
    config, rates = load_config(path), known_rates(on_gpu=True)
    usual = [sys.executable, "-m", "snakemake", "--cores", "all", "--configfile", str(path), "--"]
    for method, n in CELLS:
        settings, entry = settings_of(config, "table1", "mnist", method), method_entry(method)
        assert entry.work is not None
        about = rates[entry.name, "images"].seconds(entry.work(settings, (28, 28, 1), n))
        what = f"{method} on {n} digits, 80,000 updates, about {duration(about)}"
        left = deadline - time.monotonic()
        if left < 30:
            yield Row(what, "no time left")
            continue
        place = {"experiment": "table1", "dataset": "mnist", "n": n, "method": method}
        run = paths.RUN.format(**place, data_seed=0, seed=0)
        record = Path("results", config.name, run, paths.FIRST_PART, paths.RECORD)
        process = subprocess.Popen([*(command or usual), str(record)], cwd=ROOT)
        try:
            process.wait(left)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
            process.wait()
        if (ROOT / record).exists():
            found = read_json(ROOT / record)
            speed = f"{found['iterations_per_second']:.4g} updates/s, {found['stop_reason']}"
            yield Row(what, f"trained: {speed}; {record}", found["iterations"] > 0)
        else:
            yield Row(what, f"cut off, or failed: the same command goes on; {record}")
