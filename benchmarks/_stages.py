"""Stages of work on a GPU that is available for minutes only.

The most useful stage comes first, and each stage is saved when it ends.
"""

import contextlib
import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suite.planning.configuration import Cell, load_config, method_entry, settings_of
from suite.planning.known import known_rates
from suite.running import paths
from suite.running.durations import duration
from suite.running.errors import InputError
from suite.running.files import csv_text, read_json, write_text
from suite.running.provenance import ROOT


class Row(NamedTuple):
    """A line of the table. passed: None if the line is not a check."""

    what: str
    found: str
    passed: bool | None = None


class Stage(NamedTuple):
    """Rows of the table that are made together. seconds: expected duration."""

    name: str
    seconds: float
    rows: Callable[[], Iterable[Row]]


TABLE1 = ["dcgan", "lsgan", "wgan", "wgan-gp", "sngan", "stylegan2", "ga-cntk", "ga-cntkg"]
COLUMNS = ("stage", "what", "found", "passed", "seconds")
CELLS = [
    (method, n)
    for n in (64, 128, 256)
    for method in ("dcgan@networks=tuned", "lsgan@networks=tuned")
] + [(method, 64) for method in ("wgan-gp", "sngan", "wgan@networks=tuned", "stylegan2")]
"""Cells of Table 1 in config/mnist-gpu.yaml, the fastest on a GPU first."""
LEAST = 30
"""A cell is not begun if fewer seconds are left."""


def finished(stages: Iterable[Stage], table: Path, deadline: float) -> Iterator[Row]:
    """Run the stages that are not in `table` (CSV) yet and would end before `deadline`.

    deadline: by time.monotonic(). Each stage is written to the table when it ends, so a later call
    goes on from there. A stage that would not end in time is left out, and the row says so. A stage
    that failed does not stop the others; the next call repeats it.
    """
    lines: list[dict[str, Any]] = []
    if table.exists():
        with open(table, newline="", encoding="utf-8") as file:
            lines = list(csv.DictReader(file))
    for stage in stages:
        done = [line for line in lines if line["stage"] == stage.name]
        if done and all(line["passed"] != "False" for line in done):
            passed = {"": None, "True": True}
            yield from (Row(x["what"], x["found"], passed[x["passed"]]) for x in done)
            continue
        left = deadline - time.monotonic()
        if stage.seconds > left:
            needed = f"needs about {duration(stage.seconds)}, {duration(max(left, 0))} are left"
            yield Row(stage.name, f"left out: {needed}")
            continue
        started = time.monotonic()
        try:
            rows = list(stage.rows())
        except InputError as error:
            yield Row(stage.name, f"failed: {error}", False)
            continue
        seconds = round(time.monotonic() - started, 1)
        new = [(stage.name, *row, seconds) for row in rows]
        lines = [line for line in lines if line not in done]
        lines += [dict(zip(COLUMNS, line, strict=True)) for line in new]
        write_text(table, csv_text(COLUMNS, (line.values() for line in lines)))
        yield from rows


def _cut_off(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> bool:
    """Run a command for at most `seconds`; returns whether it was cut off.

    Its whole process group is interrupted, as by ctrl-C, since Snakemake would wait for its jobs.
    """
    if (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    ):  # as under nohup; children would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        return True
    finally:
        for ending in (signal.SIGINT, signal.SIGKILL):
            if process.poll() is None:
                os.killpg(process.pid, ending)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(60)


def cells(deadline: float, command: Sequence[str] = ()) -> Iterator[Row]:
    """Train `CELLS` with the workflow until the deadline. A later call continues a cut-off run.

    command: used instead of Snakemake's command; its last argument is the run.json to make.
    """
    path = ROOT / "config" / "mnist-gpu.yaml"
    config, rates = load_config(path), known_rates(on_gpu=True)
    usual = [sys.executable, "-m", "snakemake", "--cores", "all", "--configfile", str(path), "--"]
    own = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": own}  # the jobs call `python`
    for method, n in CELLS:
        cell = Cell("table1", "mnist", n, method, parts=1)
        settings, entry = settings_of(config, cell), method_entry(method)
        assert entry.work is not None
        about = rates[entry.name, "images"].seconds(entry.work(settings, (28, 28, 1), n))
        what = f"{method} on {n} digits, 80,000 updates, about {duration(about)}"
        left = deadline - time.monotonic()
        if left < LEAST:
            yield Row(what, "no time left")
            continue
        run = paths.RUN.format(**vars(cell), data_seed=0, seed=0)
        record = Path("results", config.name, run, paths.FIRST_PART, paths.RECORD)
        cut = _cut_off([*(command or usual), str(record)], environment, left)
        if (ROOT / record).exists():
            found = read_json(ROOT / record)
            speed = f"{found['iterations_per_second']:.4g} updates/s, {found['stop_reason']}"
            yield Row(what, f"trained: {speed}; {record}", found["iterations"] > 0)
        elif cut:
            yield Row(what, f"cut off: the same command continues it; {record}")
        else:
            yield Row(what, f"failed, as said above; {record}", False)
