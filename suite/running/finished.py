"""Finished runs: written whole beside the checkpoint, then put into their place.

Snakemake deletes what a job has written unless it saw the job's end. So the files of a finished run
stay in the folder of the checkpoint too, under the same inodes (no second copy on the disk), until
the workflow has seen that end (`forget`, `suite.planning.rules.tidy`).
"""

import fcntl
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from suite.running import paths
from suite.running.digests import altered, artefact_of, digest_file
from suite.running.errors import InputError
from suite.running.files import read_json, replacing

LEFT = (paths.SAMPLES, paths.TRAJECTORY, paths.HISTORY, paths.RECORD)
"""What every run leaves; the record, which is written last, says that the others are whole."""


def whole_folder(state: Path) -> Path:
    """Where a finished run stays, beside its checkpoint."""
    return state.with_suffix(".whole")


def artefacts(run: Path) -> list[Path]:
    """The files that a run left, or must have left, by what is recorded; the record is the last."""
    names = {artefact_of(path).name for path in run.glob(".*.sha256")} | set(LEFT)
    return [run / name for name in sorted(names - {paths.RECORD})] + [run / paths.RECORD]


def fault(run: Path) -> str | None:
    """Which file of a run is missing or not what was written, in words; None for none."""
    for path in artefacts(run):
        if not path.is_file():
            return f"{path} is missing"
        if altered(path):
            return f"{path} is not the file that was written"
    return None


def record_of(run: Path) -> dict[str, Any] | None:
    """The record of a run that has ended; None where there is none, or none that can be read."""
    path = run / paths.RECORD
    if not path.is_file():
        return None
    try:
        record = read_json(path)
    except InputError as error:
        print(f"made again: {error}", file=sys.stderr)
        return None
    return record if isinstance(record, dict) else None


def is_of(record: dict[str, Any], identity: dict[str, Any]) -> bool:
    """Whether a record is that of the run with this identity."""
    return all(record.get(name) == value for name, value in identity.items())


def is_whole(run: Path, identity: dict[str, Any]) -> bool:
    """Whether the run of this identity stands here with all its files; says what is wrong."""
    record = record_of(run)
    if record is None or not is_of(record, identity):
        return False
    found = fault(run)
    if found:
        print(f"made again: {found}", file=sys.stderr)
    return found is None


def publish(run: Path, out: Path) -> None:
    """Put the files of a finished run, and their digests, into `out` too; the record last."""
    for source in artefacts(run):
        for file in (digest_file(source), source):
            with replacing(out / file.name) as temporary:
                try:
                    os.link(file, temporary)
                except OSError:  # a file system without hard links
                    shutil.copyfile(file, temporary)


def forget(place: Path) -> None:
    """Delete what stays of a finished run, since its outputs are complete.

    place: of its state, as in `suite.running.training.Place`. States of other versions stay.
    """
    for folder in place.parent.glob(f"{place.stem}.*.whole"):
        shutil.rmtree(folder)
    for pattern in (f"{place.stem}.*.attempts", f"{place.stem}.lock"):
        for file in place.parent.glob(pattern):
            file.unlink()
    with suppress(OSError):  # something else is there
        os.removedirs(place.parent)


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Wait until no other process makes this run.

    A workflow that was killed leaves its jobs behind, which go on: what they find is used.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another process makes this run: waiting for its end", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield
