"""Checkpoints: a killed run continues from its own state, never from another run's."""

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from suite.running.errors import InputError
from suite.running.files import read_arrays, replacing, write_text

_KEY = "checkpoint_key"
ATTEMPTS = 2
"""Attempts in a row, in one run of the workflow, that may end without a new checkpoint."""
OTHERS = 3
"""Number of states of other versions of a run (other settings or code) that are kept."""
WORKFLOW_RUN = "WORKFLOW_RUN"
"""The environment variable with the identifier of this run of the workflow."""


def workflow_run() -> str:
    """The identifier of the workflow run of this job; empty without a workflow."""
    return os.environ.get(WORKFLOW_RUN, "")


def state_file(place: Path, key: str) -> Path:
    """The checkpoint file of one version of a run: `part0.npz` becomes `part0.KEY.npz`."""
    return place.with_name(f"{place.stem}.{key[:16]}.npz")


@dataclass
class Checkpoint:
    """The state of one run in one file.

    path: the npz file, named by `state_file`; each version of a run (settings, code, data) has its
        own. None: no checkpoints.
    key: digest of everything that decides the result (data, settings, seeds, code). A file with
        another key is ignored.
    every: minimum time between two writes [s].
    """

    path: Path | None
    key: str = ""
    every: float = 30.0
    _last: float = field(default_factory=time.monotonic)

    def _states(self) -> list[Path]:
        """The files of the state: its own, and others that a method writes beside it."""
        return sorted(self.path.parent.glob(f"{self.path.stem}.*npz")) if self.path else []

    def begin(self) -> None:
        """Count this attempt and clean up after earlier ones. Call it once, before training.

        The workflow retries killed jobs. Only attempts without progress count, within one run of
        the workflow. A job that exceeds its time limit may continue if each attempt gets further.

        Raises:
            InputError: the last `ATTEMPTS` attempts in this run of the workflow ended without a
                new checkpoint.
        """
        if self.path is None:
            return
        for half in self.path.parent.glob(f".{self.path.stem}.*npz"):  # left by a killed write
            half.unlink(missing_ok=True)
        if not self.path.exists():
            self._keep_others()
        run = workflow_run()
        if not run:
            return
        marker = self.path.with_suffix(".attempts")
        reached = [(state.name, state.stat().st_mtime_ns) for state in self._states()]
        same = f"{run} {reached}"
        before = marker.read_text(encoding="utf-8").splitlines() if marker.exists() else []
        count = before.count(same)
        if count >= ATTEMPTS:
            raise InputError(
                f"{self.path}: {count} attempts in a row were killed before they wrote a "
                "checkpoint: find out whether time or memory ran out, give the job more, and start "
                "the workflow again"
            )
        write_text(marker, f"{same}\n" * (count + 1))

    def load(self) -> dict[str, np.ndarray] | None:
        """The state to continue from; None to start from the beginning."""
        if self.path is None or not self.path.exists():
            return None
        try:
            state = read_arrays(self.path, _KEY)
            if str(state.pop(_KEY)) != self.key:
                raise InputError(f"{self.path} belongs to another run")
        except InputError as error:
            print(f"starting from the beginning: {error}", file=sys.stderr)
            return None
        return state

    def _keep_others(self) -> None:
        """Print which states of other versions of this run are kept, and delete old ones."""
        assert self.path is not None
        place = self.path.stem.removesuffix(f".{self.key[:16]}")
        found = self.path.parent.glob(f"{place}.*.npz")
        others = [path for path in found if path != self.path and path.stem.count(".") == 1]
        others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in others[OTHERS:]:
            Checkpoint(path).clear()
        for path in others[:OTHERS]:
            why = "belongs to another version of this run (other settings, data or code)"
            print(f"starting from the beginning: {path} {why}; it is kept", file=sys.stderr)

    def due(self) -> bool:
        """Whether a write is due."""
        return self.path is not None and time.monotonic() - self._last >= self.every

    def save(self, state: dict[str, np.ndarray]) -> None:
        """Write the state, completely or not at all. It is not compressed, to save time."""
        if self.path is None:
            return
        with replacing(self.path) as temporary:
            np.savez(temporary, allow_pickle=False, **state, **{_KEY: np.array(self.key)})
        self._last = time.monotonic()

    def clear(self) -> None:
        """Delete the state and the count of attempts, once the run's files are written."""
        if self.path is not None:
            for file in (*self._states(), self.path.with_suffix(".attempts")):
                file.unlink(missing_ok=True)
