"""The progress display of the workflow: jobs by name, how many are done, the time left.

Snakemake's logger plugins count jobs by rule (rich) or write events for another program (snakesee,
snkmt). None shows the progress within a job, or predicts the time left from each job's cost. This
handler replaces Snakemake's output stream. Snakemake's log file is unchanged.
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

BAR = re.compile(r"(\d+)%\|")
"""The percentage in the progress bar that a job writes to its log."""
RESTARTED = re.compile(r"Trying to restart job (\d+)")
"""Snakemake's message when it retries a job. There is no event for it."""
TAIL = 2048
"""Bytes at the end of a log that are read to find its last bar."""
TRUST = (60.0, 20.0)
"""Seconds for which the plan is trusted beside what ended: of all jobs, and of one kind."""
HEARTBEAT = 60.0
"""Seconds between two lines of a long wait, where no terminal redraws them."""

Expected = Callable[[str, Mapping[str, str], int], float]


@dataclass
class Job:
    """A job that runs.

    seconds: expected. log: its log. kind: what its speed is shared with. first: when its bar was
    first seen, and how far it was.
    """

    title: str
    kind: str
    seconds: float
    log: Path | None
    parts: int
    since: float
    first: tuple[float, float] | None = None

    def fraction(self) -> float | None:
        """How far the job is by its own word, in [0, 1]; None where it does not say."""
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
    """The time that is left, from what jobs should take and what those that ended took.

    waiting: expected seconds of jobs that have yet to start, by job. slots: jobs at a time.
    """

    waiting: dict[int, tuple[str, float]]
    slots: int
    running: dict[int, Job] = field(default_factory=dict)
    took: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def start(self, number: int, job: Job) -> None:
        """A job has started, perhaps not for the first time."""
        self.waiting.pop(number, None)
        self.running[number] = job

    def end(self, number: int, now: float, done: bool) -> Job | None:
        """A job has ended; what it took counts where it is done. None if it never started."""
        job = self.running.pop(number, None)
        if job and done:
            self.took.setdefault(job.kind, []).append((now - job.since, job.seconds))
        elif job:
            self.waiting[number] = job.kind, job.seconds
        return job

    def pace(self, kind: str) -> float:
        """Seconds that passed for each expected one, of this kind of jobs.

        Few short jobs say little of long ones: `TRUST` expected seconds count beside them, for a
        kind at the pace of all, for all at 1.
        """
        every = [pair for pairs in self.took.values() for pair in pairs]
        overall = _ratio(every, TRUST[0], 1.0)
        return _ratio(self.took.get(kind, []), TRUST[1], overall)

    def left(self, now: float) -> float:
        """Seconds until the end: all work spread over the slots, but no less than a running job."""
        rest = [self._rest(job, now) for job in self.running.values()]
        ahead = sum(self.pace(kind) * seconds for kind, seconds in self.waiting.values())
        return max([(sum(rest) + ahead) / self.slots, *rest])

    def _rest(self, job: Job, now: float) -> float:
        passed, own = now - job.since, job.fraction() if job.parts == 1 else None
        by_rate = max(0.0, self.pace(job.kind) * job.seconds - passed)
        if own is None:
            return by_rate
        # A bar begins after the imports and the compilation, or where a checkpoint left it.
        then, before = job.first = job.first or (now, own)
        if own - before >= 0.05:
            return (now - then) * (1 - own) / (own - before)
        return passed * (1 - own) / own if own >= 0.1 else by_rate


def _ratio(pairs: list[tuple[float, float]], weight: float, prior: float) -> float:
    """Actual by expected seconds, with `weight` expected ones at the pace `prior` beside them."""
    actual, expected = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0, 0)
    return (weight * prior + actual) / (weight + expected)


def readable(seconds: float) -> str:
    """A duration in words.

    >>> readable(42), readable(75), readable(4000)
    ('42 s', '1 min 15 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{round(whole / 60)} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class Progress(logging.Handler):
    """Shows Snakemake's events: redrawn lines on a terminal, a line an event elsewhere."""

    def __init__(self, forecast: Forecast, total: int, expected: Expected, stream: TextIO) -> None:
        super().__init__()
        self.forecast, self.total, self.expected, self.stream = forecast, total, expected, stream
        self.done, self.began, self.said = 0, time.monotonic(), time.monotonic()
        self.failed: dict[int, str] = {}
        self.lock_state = threading.RLock()
        self.over = threading.Event()
        self.live = _live(self, stream) if stream.isatty() else None
        if self.live:
            self.live.start()
        threading.Thread(target=self._watch, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Handle an event, and print a line if a user needs to know."""
        event = str(getattr(record, "event", None) or "")
        with self.lock_state:
            if event == "job_info":
                self._start(record)
            elif event in ("job_finished", "job_error"):
                self._end(record, event == "job_finished")
            elif found := RESTARTED.match(record.getMessage()):
                self._say(f"starting again: {self.failed.get(int(found[1]), 'a job')}")
            elif record.levelno >= logging.WARNING and not _repeats(record):
                self._say(record.getMessage())

    def _start(self, record: Any) -> None:
        parts = int(getattr(record.resources, "parts", 1))
        kind = _kind(record.rule_name, record.wildcards)
        seconds = self.expected(record.rule_name, record.wildcards, parts)
        log = Path(record.log[0]) if record.log else None
        title = record.rule_msg or record.rule_name
        job = Job(title, kind, seconds, log, parts, time.monotonic())
        self.forecast.start(record.jobid, job)

    def _end(self, record: Any, done: bool) -> None:
        number = record.job_id if done else record.jobid
        now = time.monotonic()
        job = self.forecast.end(number, now, done)
        if job is None or job.log is None:  # a target, which runs nothing
            return
        self.done += done
        took = readable(now - job.since)
        if done:
            self._say(f"{self.done}/{self.total} {job.title}: {took}; {self.remaining()}")
        else:
            self.failed[number] = job.title
            self._say(f"failed after {took}: {job.title}")

    def remaining(self) -> str:
        """The time left in words."""
        if self.done >= self.total:
            return "done"
        return f"about {readable(self.forecast.left(time.monotonic()))} left"

    def _say(self, text: str) -> None:
        """Print a line. If the pipe or terminal is closed, go on without a display."""
        self.said = time.monotonic()
        try:
            if self.live:
                self.live.console.print(text, markup=False, highlight=False)
            else:
                print(text, file=self.stream, flush=True)
        except OSError:
            self.live, self.stream = None, io.StringIO()

    def _watch(self) -> None:
        """Between events: redraw on a terminal; elsewhere print a line during long waits."""
        while not self.over.wait(0.5):
            with self.lock_state:
                if self.live:
                    with suppress(OSError):
                        self.live.refresh()
                elif time.monotonic() - self.said >= HEARTBEAT:
                    self._say("; ".join([*map(_now, self.forecast.running.values())]))

    def close(self) -> None:
        """End the display."""
        self.over.set()
        with self.lock_state:
            if self.live:
                with suppress(OSError):
                    self.live.stop()
                self.live = None
        super().close()


def _kind(rule: str, wildcards: Mapping[str, str]) -> str:
    """A key that jobs of the same speed share: rule family and method."""
    return f"{rule.partition('_')[0]} {wildcards.get('method', '')}"


def _now(job: Job) -> str:
    """A line about a running job."""
    own = job.fraction()
    far = "" if own is None else f", {own:.0%}"
    return f"{job.title}: {readable(time.monotonic() - job.since)}{far}"


def _repeats(record: Any) -> bool:
    """Whether an error only repeats that a job failed, whose own error is printed at the end."""
    text = record.getMessage()
    return getattr(record, "exception", "") in ("RuleException", "CalledProcessError") or (
        "At least one job did not complete successfully" in text
    )


def _live(progress: Progress, stream: TextIO) -> Any:
    """The redrawn part of a terminal: a line for each running job, and one for the total."""
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
            passed = readable(time.monotonic() - job.since)
            table.add_row(Text(job.title), bar, Text(passed))
        more = f" ({len(jobs) - len(shown)} more run)" if len(jobs) > len(shown) else ""
        line = f"{progress.done} of {progress.total} jobs done, {progress.remaining()}{more}"
        return Group(table, Text(line, style="bold"))

    return Live(get_renderable=view, console=console, auto_refresh=False, redirect_stderr=False)


def show(workflow: Any, expected: Expected) -> None:
    """Replace Snakemake's output stream by this display.

    With `--quiet`, `--verbose`, `--printshellcmds` or a logger plugin, Snakemake's output stays.
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
        seconds = expected(job.rule.name, wildcards, parts)
        waiting[workflow.dag.jobid(job)] = _kind(job.rule.name, wildcards), seconds
    settings = workflow.resource_settings
    slots = (settings.cores if workflow.local_exec else settings.nodes) or len(jobs)
    progress = Progress(Forecast(waiting, max(1, slots)), len(jobs), expected, sys.stderr)
    for stream in streams:
        logger.removeHandler(stream)
    logger.addHandler(progress)
