"""Work on a GPU that is there for minutes: stages in order of worth, kept as they end."""

import contextlib
import csv
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from suite.planning.configuration import load_config, method_entry, settings_of
from suite.planning.cost import duration
from suite.planning.known import known_rates
from suite.running import paths
from suite.running.errors import InputError
from suite.running.files import read_json, write_text
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


TABLE1 = ["dcgan", "lsgan", "wgan", "wgan-gp", "sngan", "stylegan2", "ga-cntk", "ga-cntkg"]
COLUMNS = ("stage", "what", "found", "passed", "seconds")
CELLS = [
    (method, n)
    for n in (64, 128, 256)
    for method in ("dcgan@networks=tuned", "lsgan@networks=tuned")
] + [(method, 64) for method in ("wgan-gp", "sngan", "wgan@networks=tuned", "stylegan2")]
"""Cells of Table 1 in config/mnist-gpu.yaml, those first that take least of a GPU's time."""
LEAST = 30
"""Seconds below which no cell is begun."""


def finished(stages: Iterable[Stage], table: Path, deadline: float) -> Iterator[Row]:
    """Work through the stages that `table` (CSV) lacks and that end before `deadline`.

    deadline: by time.monotonic(). What ends is written to the table at once, so that the same call
    on another day goes on; a stage without enough time left is reported and left out. The next call
    repeats a stage that failed. The other stages run in any case.
    """
    lines: list[dict[str, str]] = []
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
            needed = f"it takes about {duration(stage.seconds)}, {duration(max(left, 0))} are left"
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
        lines += [
            {k: "" if v is None else str(v) for k, v in zip(COLUMNS, line, strict=True)}
            for line in new
        ]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        write_text(table, text.getvalue())
        yield from rows


def _cut_off(command: Sequence[str], environment: Mapping[str, str], seconds: float) -> bool:
    """Run a command, and whether it was ended after so many seconds.

    Snakemake alone would wait for its jobs, so that its whole group is interrupted, as by ctrl-C.
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
    """Train `CELLS` by the workflow until the deadline; what is cut off goes on another time.

    command: instead of Snakemake's, which gets the run's record as its last argument.
    """
    path = ROOT / "config" / "mnist-gpu.yaml"
    config, rates = load_config(path), known_rates(on_gpu=True)
    usual = [sys.executable, "-m", "snakemake", "--cores", "all", "--configfile", str(path), "--"]
    own = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": own}  # the jobs call `python`
    for method, n in CELLS:
        settings, entry = settings_of(config, "table1", "mnist", method), method_entry(method)
        assert entry.work is not None
        about = rates[entry.name, "images"].seconds(entry.work(settings, (28, 28, 1), n))
        what = f"{method} on {n} digits, 80,000 updates, about {duration(about)}"
        left = deadline - time.monotonic()
        if left < LEAST:
            yield Row(what, "no time left")
            continue
        place = {"experiment": "table1", "dataset": "mnist", "n": n, "method": method}
        run = paths.RUN.format(**place, data_seed=0, seed=0)
        record = Path("results", config.name, run, paths.FIRST_PART, paths.RECORD)
        cut = _cut_off([*(command or usual), str(record)], environment, left)
        if (ROOT / record).exists():
            found = read_json(ROOT / record)
            speed = f"{found['iterations_per_second']:.4g} updates/s, {found['stop_reason']}"
            yield Row(what, f"trained: {speed}; {record}", found["iterations"] > 0)
        elif cut:
            yield Row(what, f"cut off: the same command goes on; {record}")
        else:
            yield Row(what, f"failed, as said above; {record}", False)
