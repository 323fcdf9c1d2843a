"""The progress display of the workflow: running jobs, number of finished jobs, time left.

Snakemake's logger plugins count jobs by rule (rich) or write events for another program (snakesee,
snkmt). None shows the progress within a job or predicts the time left from the cost of each job.
This handler replaces Snakemake's output stream. Snakemake's log file is unchanged.
"""

import io
import logging
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from suite.running.durations import duration

BAR = re.compile(r"(\d+)%\|")
"""The percentage in the progress bar that a job writes to its log."""
RESTARTED = re.compile(r"Trying to restart job (\d+)")
"""Snakemake's message when it retries a job. There is no event for it."""
TAIL = 2048
"""Number of bytes at the end of a log in which the last bar is searched."""
TRUST = 60.0
"""Weight of the expected durations against the observed ones [s]."""
HEARTBEAT = 60.0
"""Time between two lines about a long job, without a terminal [s]."""


@dataclass
class Job:
    """A running job.

    seconds: expected duration. since: start time. first: time and progress when its bar was first
    seen.
    """

    title: str
    seconds: float
    log: Path | None
    parts: int
    since: float
    first: tuple[float, float] | None = None

    def fraction(self) -> float | None:
        """Progress by the bar in the job's log, in [0, 1]; None without a bar."""
        try:
            with open(self.log or "", "rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - TAIL))
                found = BAR.findall(file.read().decode(errors="replace"))
        except OSError:
            return None
        return int(found[-1]) / 100 if found else None


@dataclass
class Forecast:
    """The time left, from the expected durations and those of finished jobs.

    waiting: job -> expected seconds, for jobs that have not started. slots: number of jobs at a
    time. actual, expected: seconds of finished jobs.
    """

    waiting: dict[int, float]
    slots: int
    running: dict[int, Job] = field(default_factory=dict)
    actual: float = 0.0
    expected: float = 0.0

    def start(self, number: int, job: Job) -> None:
        """Record that a job has started, perhaps again."""
        self.waiting.pop(number, None)
        self.running[number] = job

    def end(self, number: int, now: float, done: bool) -> Job | None:
        """Record that a job has ended, and return it; None if it never started."""
        job = self.running.pop(number, None)
        if job and done:
            self.actual += now - job.since
            self.expected += job.seconds
        elif job:
            self.waiting[number] = job.seconds
        return job

    @property
    def pace(self) -> float:
        """Actual by expected duration. A few short jobs say little, so `TRUST` adds seconds."""
        return (TRUST + self.actual) / (TRUST + self.expected)

    def left(self, now: float) -> float:
        """Time until the end [s]: the work spread over the slots, at least the longest job."""
        rest = [self._rest(job, now) for job in self.running.values()]
        ahead = self.pace * sum(self.waiting.values())
        return max([(sum(rest) + ahead) / self.slots, *rest])

    def _rest(self, job: Job, now: float) -> float:
        passed, own = now - job.since, job.fraction() if job.parts == 1 else None
        by_rate = max(0.0, self.pace * job.seconds - passed)
        if own is None:
            return by_rate
        # A bar starts after imports and compilation, or at the progress of a checkpoint.
        then, before = job.first = job.first or (now, own)
        if own - before >= 0.05:
            return (now - then) * (1 - own) / (own - before)
        return passed * (1 - own) / own if own >= 0.1 else by_rate


class Progress(logging.Handler):
    """Shows Snakemake's events: redrawn lines on a terminal, otherwise one line for each event."""

    def __init__(self, forecast: Forecast, total: int, stream: TextIO) -> None:
        super().__init__()
        self.forecast, self.total, self.stream = forecast, total, stream
        self.done, self.said = 0, time.monotonic()
        self.failed: dict[int, str] = {}
        self.lock_state = threading.RLock()
        self.over = threading.Event()
        self.live = _live(self, stream) if stream.isatty() else None
        if self.live:
            self.live.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Handle an event, and print a line if it matters to the user."""
        event = str(getattr(record, "event", None) or "")
        with self.lock_state:
            if event == "job_info":
                self._start(record)
            elif event in ("job_finished", "job_error"):
                self._end(record, event == "job_finished")
            elif found := RESTARTED.match(record.getMessage()):
                self._say(f"retrying: {self.failed.get(int(found[1]), 'a job')}")
            elif record.levelno >= logging.WARNING and not _repeats(record):
                self._say(record.getMessage())

    def _start(self, record: Any) -> None:
        parts = int(getattr(record.resources, "parts", 1))
        seconds = self.forecast.waiting.get(record.jobid, 0.0)
        log = Path(record.log[0]) if record.log else None
        title = record.rule_msg or record.rule_name
        job = Job(title, seconds, log, parts, time.monotonic())
        self.forecast.start(record.jobid, job)

    def _end(self, record: Any, done: bool) -> None:
        number = record.job_id if done else record.jobid
        now = time.monotonic()
        job = self.forecast.end(number, now, done)
        if job is None or job.log is None:  # a target, which runs no command
            return
        self.done += done
        took = duration(now - job.since)
        if done:
            self._say(f"{self.done}/{self.total} {job.title}: {took}; {self.remaining()}")
        else:
            self.failed[number] = job.title
            self._say(f"failed after {took}: {job.title}")

    def remaining(self) -> str:
        """The time left, for reading."""
        if self.done >= self.total:
            return "done"
        return f"about {duration(self.forecast.left(time.monotonic()))} left"

    def _say(self, text: str) -> None:
        """Print a line. If the pipe or terminal is closed, continue without a display."""
        self.said = time.monotonic()
        try:
            if self.live:
                self.live.console.print(text, markup=False, highlight=False)
            else:
                print(text, file=self.stream, flush=True)
        except OSError:
            self.live, self.stream = None, io.StringIO()

    def _watch(self) -> None:
        """Between events: redraw on a terminal; otherwise print a line about long jobs."""
        while not self.over.wait(0.5):
            with self.lock_state:
                if self.live:
                    with suppress(OSError):
                        self.live.refresh()
                elif time.monotonic() - self.said >= HEARTBEAT:
                    self._say("; ".join(map(_now, self.forecast.running.values())))

    def close(self) -> None:
        """End the display."""
        self.over.set()
        with self.lock_state:
            if self.live:
                with suppress(OSError):
                    self.live.stop()
                self.live = None
        super().close()


def _now(job: Job) -> str:
    """A line about a running job."""
    own = job.fraction()
    far = "" if own is None else f", {own:.0%}"
    return f"{job.title}: {duration(time.monotonic() - job.since)}{far}"


def _repeats(record: Any) -> bool:
    """Whether an error only repeats that a job failed, whose own error is printed at the end."""
    text = record.getMessage()
    return getattr(record, "exception", "") in ("RuleException", "CalledProcessError") or (
        "At least one job did not complete successfully" in text
    )


def _live(progress: Progress, stream: TextIO) -> Any:
    """The redrawn lines of a terminal: one for each running job, and one for all."""
    from rich.console import Console, Group
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream)

    def view() -> Group:
        jobs = list(progress.forecast.running.values())
        shown = jobs[: max(1, console.height - 4)]
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        table.add_column(width=16)
        table.add_column(width=14, no_wrap=True, justify="right")
        for job in shown:
            own = job.fraction()
            bar = ProgressBar(total=1, completed=own) if own is not None else Text("")
            passed = duration(time.monotonic() - job.since)
            table.add_row(Text(job.title), bar, Text(passed))
        more = f" ({len(jobs) - len(shown)} more running)" if len(jobs) > len(shown) else ""
        line = f"{progress.done} of {progress.total} jobs done, {progress.remaining()}{more}"
        return Group(table, Text(line, style="bold"))

    return Live(get_renderable=view, console=console, auto_refresh=False, redirect_stderr=False)


def show(workflow: Any, expected: Callable[[str, Mapping[str, str], int], float]) -> None:
    """Replace Snakemake's output stream with this display.

    expected: (rule, wildcards, parts) -> expected seconds of a job.

    Snakemake's output stays with `--quiet`, `--verbose`, `--printshellcmds` or a logger plugin.
    """
    output = workflow.output_settings
    asked = {str(getattr(q, "name", q)).lower() for q in output.quiet or ()}
    logger = workflow.logger_manager.logger
    streams = [h for h in logger.handlers if h.name == "DefaultStreamHandler"]
    chatty = output.verbose or output.printshellcmds or output.debug_dag
    if not streams or chatty or asked - {"host", "reason"}:
        return
    jobs = [job for job in workflow.dag.needrun_jobs() if job.log]
    waiting = {}
    for job in jobs:
        wildcards, parts = dict(job.wildcards_dict), int(getattr(job.resources, "parts", 1))
        waiting[workflow.dag.jobid(job)] = expected(job.rule.name, wildcards, parts)
    settings = workflow.resource_settings
    slots = (settings.cores if workflow.local_exec else settings.nodes) or len(jobs)
    progress = Progress(Forecast(waiting, max(1, slots)), len(jobs), sys.stderr)
    for stream in streams:
        logger.removeHandler(stream)
    logger.addHandler(progress)
