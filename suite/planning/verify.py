"""Compares the files of a reproduction with their digests, and moves bad ones aside."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suite.planning.configuration import Config
from suite.planning.outputs import figure_inputs, table_inputs, training_jobs
from suite.running import paths
from suite.running.checkpoint import state_file
from suite.running.digests import altered, artefact_of, digest_file, recorded
from suite.running.errors import InputError
from suite.running.finished import artefacts, fault, publish, record_of, whole_folder

OUTSIDE = (paths.CHECKPOINTS, paths.SET_ASIDE)
"""Folders below results/NAME without artefacts of the workflow."""
HALF_WRITTEN = re.compile(r"\..+\.\d+(\.[a-z0-9]+)?")
"""The name of a temporary file (`suite.running.files.replacing`) that a killed job left."""


STATES = {
    "whole": "as written",
    "missing": "missing",
    "damaged": "damaged: cannot be read",
    "altered": "altered: can be read, but the content has changed",
    "unrecorded": "readable, but without a digest (from an earlier version)",
    "unmade": "not made yet",
}
"""State of a file -> the same in words."""


@dataclass(frozen=True)
class Found:
    """The files below results/NAME.

    states: path -> its state, a key of `STATES`. half_written: temporary files of killed jobs.
    """

    states: dict[str, str]
    half_written: list[Path]

    @property
    def faults(self) -> dict[str, str]:
        """The files that are not as they were written."""
        bad = ("missing", "damaged", "altered")
        return {path: state for path, state in self.states.items() if state in bad}


def _expected(config: Config, results: Path) -> Iterator[Path]:
    """Every file that the workflow makes for a configuration."""
    for file in (*table_inputs(config), *figure_inputs(config)):
        path = results / file
        yield from artefacts(path.parent) if path.name == paths.RECORD else [path]
    for scope in ("all", *config.experiments):
        yield results / paths.CONFIG.format(scope=scope)
    for experiment in config.experiments:
        for suffix in ("csv", "md", "html"):
            yield results / paths.TABLE.format(experiment=experiment, suffix=suffix)
    yield results / paths.PAGE


def _readable(path: Path) -> bool:
    """Whether a file can be read, whatever its digest."""
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                for name in archive.files:
                    archive[name]
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
    except Exception:  # zipfile, zlib, NumPy and JSON errors: all mean a damaged file
        return False
    return path.stat().st_size > 0


def _state(path: Path, needed: bool) -> str | None:
    """The state of a file; None if it is missing and nobody needs it."""
    digest = recorded(path)
    if not path.is_file():
        if digest is None and not (path.parent / paths.RECORD).is_file():
            return "unmade"
        return "missing" if needed else None
    if digest is None:
        return "unrecorded" if _readable(path) else "damaged"
    if altered(path):
        return "altered" if _readable(path) else "damaged"
    return "whole"


def examine(config: Config, results: Path) -> Found:
    """Compare every file below results/NAME with its digest, and find those that are missing."""
    expected = dict.fromkeys(_expected(config, results))
    inside = [
        path
        for path in results.rglob(".*")
        if path.relative_to(results).parts[0] not in OUTSIDE and path.is_file()
    ]
    others = [artefact_of(path) for path in inside if path.suffix == ".sha256"]
    states = {}
    for path in dict.fromkeys([*expected, *sorted(others)]):
        drawn = path.relative_to(results).parts[0] == paths.FIGURES
        state = _state(path, path in expected or drawn)
        if state is not None:
            states[path.relative_to(results).as_posix()] = state
    return Found(states, [path for path in inside if HALF_WRITTEN.fullmatch(path.name)])


def _set_aside(path: Path, results: Path) -> None:
    """Move a file with its digest, or a folder, to the same path below results/NAME/aside."""
    for file in (path, digest_file(path)):
        target = results / paths.SET_ASIDE / file.relative_to(results)
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{file.name}.{number}")
        if file.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, target)


def _keep(part: Path, results: Path) -> None:
    """Keep a good part whose job has to run again because of another part or its subset.

    Snakemake deletes all outputs of a job before it starts. The job finds a copy beside the
    checkpoint, so it does not train this part again.
    """
    record = record_of(part)
    if record and "key" in record and fault(part) is None:
        run = part.parent.relative_to(results)
        place = results / paths.CHECKPOINTS / run / f"{part.name}.npz"
        publish(part, whole_folder(state_file(place, record["key"])))


def _check_unlocked(results: Path) -> None:
    locks = results.absolute().parent.parent / ".snakemake" / "locks"
    if locks.is_dir() and any(locks.iterdir()):
        raise InputError(
            f"{results}: a workflow is running here, or was killed: wait until it ends, or run its "
            "command with --unlock, then try again"
        )


def mend(config: Config, results: Path, found: Found) -> None:
    """Move bad files aside, so that the workflow makes them again.

    Raises:
        InputError: a workflow is running.
    """
    _check_unlocked(results)
    bad = set(found.faults)
    folders = {str(Path(path).parent) for path in bad}
    for job in training_jobs(config):
        if folders.isdisjoint(job.parts) and job.subset not in bad:
            continue
        for part in job.parts:
            if part not in folders:
                _keep(results / part, results)
                continue
            for path in artefacts(results / part):
                _set_aside(path, results)
                bad.discard(path.relative_to(results).as_posix())
    for name in sorted(bad):
        drawn = Path(name).parts[0] == paths.FIGURES  # one job draws all of them
        _set_aside(results / (paths.FIGURES if drawn else name), results)
    for path in found.half_written:
        path.unlink(missing_ok=True)
