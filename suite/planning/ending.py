"""The last lines of a workflow run: where the results are, or what stopped it."""

import atexit
import logging
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from suite.running import paths
from suite.running.errors import LAST_LINE, from_os

STARTED = time.time()


def sentences(logs: Path, since: float = STARTED) -> list[str]:
    """The last line of each log below `logs` that has changed, if the line is an error.

    since: seconds since the epoch; default: the start of this process.
    """
    found = []
    for log in sorted(logs.rglob("*.log")):
        if log.stat().st_mtime >= since:
            lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "")
            if LAST_LINE.match(last):
                found.append(f"{last.removeprefix('error: ')} ({log})")
    return found


def alike_once(found: Iterable[str]) -> list[str]:
    """The first of the sentences that differ only in their leading path, with a count.

    A full disk, for example, stops every job. Interruptions by the user are left out.

    >>> alike_once(["a: disk full (a.log)", "b: disk full (b.log)", "interrupted: again (c.log)"])
    ['a: disk full (a.log); the same in 1 more']
    """
    groups: dict[str, list[str]] = {}
    for sentence in found:
        if not sentence.startswith("interrupted: "):
            said, _, _ = sentence.rpartition(" (")
            groups.setdefault(said.partition(": ")[2] or said, []).append(sentence)
    return [
        first + (f"; the same in {len(others)} more" if others else "")
        for first, *others in groups.values()
    ]


def full(folder: Path) -> list[str]:
    """A sentence if a folder cannot be written, which jobs could not log there."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(2**20))
    except OSError as error:
        error.filename = folder
        return [str(from_os(error))]
    return []


def watch(logs: Path) -> None:
    """Make sure that a workflow that stops before its end says why. Call it at the start.

    Snakemake calls `onerror` if a job has failed, but not if Snakemake itself fails. On a full disk
    it cannot write its own records or its log; Python would print a traceback for each log line.
    """
    logging.raiseExceptions = False
    say_last(logs, ())


def say_last(logs: Path, snakemake: Iterable[str]) -> None:
    """Print the errors of the failed jobs, after the last output of Snakemake.

    snakemake: Snakemake's own log files.
    """
    atexit.unregister(_say_last)
    atexit.register(_say_last, logs, tuple(snakemake))


def _say_last(logs: Path, snakemake: Iterable[str]) -> None:
    said = "".join(f"error: {sentence}\n" for sentence in alike_once(sentences(logs)) or full(logs))
    own = "".join(f"Snakemake's own log: {file}\n" for file in snakemake)
    after = "correct this, then run" if said else "stopped before the end: run"
    print(f"\n{own}{said}{after} the same command again to continue", file=sys.stderr)


def say_done(results: str) -> None:
    """Print where the results are, after the last output of Snakemake."""
    page, tables = Path(results, paths.PAGE), Path(results, paths.TABLE).parent
    there = [f"page: {page}"] if page.exists() else []
    there += [f"tables: {tables}"] if tables.exists() else []
    atexit.unregister(_say_last)
    atexit.register(print, "\n".join(["\ndone", *there]), file=sys.stderr)
