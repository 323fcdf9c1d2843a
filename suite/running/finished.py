"""Finished runs: written beside the checkpoint first, then linked into their folder.

Snakemake deletes the outputs of a job if it did not see the job end. Therefore the files of a
finished run also stay beside the checkpoint, as hard links, until Snakemake has recorded the end of
the job (`forget`, `suite.planning.attempts.tidy`).
"""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from suite.running import paths
from suite.running.digests import altered, artefact_of, digest_file
from suite.running.errors import InputError
from suite.running.files import read_json, replacing

LEFT = (paths.SAMPLES, paths.TRAJECTORY, paths.HISTORY, paths.RECORD)
"""The files of every run. The record is written last: if it exists, the others are complete."""


def whole_folder(state: Path) -> Path:
    """The folder beside the checkpoint in which a finished run is kept."""
    return state.with_suffix(".whole")


def artefacts(run: Path) -> list[Path]:
    """The files that a run has according to its digests; the record is the last."""
    names = {artefact_of(path).name for path in run.glob(".*.sha256")} | set(LEFT)
    return [run / name for name in sorted(names - {paths.RECORD})] + [run / paths.RECORD]


def fault(run: Path) -> str | None:
    """Which file of a run is missing or altered, in words; None if all are good."""
    for path in artefacts(run):
        if not path.is_file():
            return f"{path} is missing"
        if altered(path):
            return f"{path} has changed since it was written"
    return None


def record_of(run: Path) -> dict[str, Any] | None:
    """The record of a finished run; None if it is missing or cannot be read."""
    path = run / paths.RECORD
    if not path.is_file():
        return None
    try:
        record = read_json(path)
    except InputError as error:
        print(f"running again: {error}", file=sys.stderr)
        return None
    return record if isinstance(record, dict) else None


def is_of(record: dict[str, Any], identity: dict[str, Any]) -> bool:
    """Whether a record belongs to the run with this identity."""
    return all(record.get(name) == value for name, value in identity.items())


def is_whole(run: Path, identity: dict[str, Any]) -> bool:
    """Whether a folder has all files of the run with this identity. Prints which one is bad."""
    record = record_of(run)
    if record is None or not is_of(record, identity):
        return False
    found = fault(run)
    if found:
        print(f"running again: {found}", file=sys.stderr)
    return found is None


def publish(run: Path, out: Path) -> None:
    """Link the files of a finished run and their digests into `out`, the record last."""
    for source in artefacts(run):
        for file in (digest_file(source), source):
            with replacing(out / file.name) as temporary:
                try:
                    os.link(file, temporary)
                except OSError:  # a file system without hard links
                    shutil.copyfile(file, temporary)


def lock_of(place: Path) -> Path:
    """The lock of a run, which one process at a time holds.

    A job of a killed workflow may still be running. Then this job waits and uses its result.

    place: the path of its checkpoint, as in `suite.running.training.Place`.
    """
    return place.with_suffix(".lock")


def forget(place: Path) -> None:
    """Delete the kept copy of a finished run. States of other versions stay.

    place: the path of its checkpoint, as in `suite.running.training.Place`.
    """
    for folder in place.parent.glob(f"{place.stem}.*.whole"):
        shutil.rmtree(folder)
    for file in (lock_of(place), *place.parent.glob(f"{place.stem}.*.attempts")):
        file.unlink(missing_ok=True)
    with suppress(OSError):  # the folder is not empty
        os.removedirs(place.parent)
