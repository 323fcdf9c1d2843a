"""Checkpoints: where a killed run goes on, and never the state of another run."""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from suite.running.errors import InputError
from suite.running.files import read_arrays, replacing, write_text

_KEY = "checkpoint_key"
ATTEMPTS = 2
"""Attempts that may end without a new checkpoint before the next is refused."""


def _attempts(path: Path) -> Path:
    """Where the attempts since the last checkpoint are counted."""
    return path.with_suffix(".attempts")


@dataclass
class Checkpoint:
    """The state of one run in one file.

    path: the npz file; None keeps nothing.
    key: digest of all that decides the result (data, settings, seeds, source). A file with
        another key belongs to a different run and is ignored.
    every: seconds between two writes, at least.
    """

    path: Path | None
    key: str = ""
    every: float = 30.0
    _last: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Count an attempt; call it once, before the work.

        A job that a scheduler ended at its time limit is started again as often as it likes, and
        goes on as long as each attempt gets further.

        Raises:
            InputError: the last `ATTEMPTS` attempts ended without a new checkpoint.
        """
        if self.path is None:
            return
        states = sorted(self.path.parent.glob(f"{self.path.stem}.*npz"))
        reached = repr([(state.name, state.stat().st_mtime_ns) for state in states])
        marker = _attempts(self.path)
        same = f"{self.key} {reached}"
        before = marker.read_text(encoding="utf-8").splitlines() if marker.exists() else []
        count = before.count(same)
        if count >= ATTEMPTS:
            raise InputError(
                f"{self.path}: the last {count} attempts ended without a new checkpoint: give the "
                f"job more time or memory, find out what ended it, and delete {marker}"
            )
        write_text(marker, f"{same}\n" * (count + 1))

    def withdraw(self) -> None:
        """Do not count this attempt: the user ended it, or will mend what its sentence says."""
        if self.path is not None:
            marker = _attempts(self.path)
            before = marker.read_text(encoding="utf-8").splitlines(keepends=True)
            write_text(marker, "".join(before[:-1]))

    def load(self) -> dict[str, np.ndarray] | None:
        """The state to go on from, or None to start anew."""
        if self.path is None or not self.path.exists():
            return None
        try:
            state = read_arrays(self.path, _KEY)
        except InputError as error:
            print(f"starting anew: {error}", file=sys.stderr)
            return None
        if str(state.pop(_KEY)) != self.key:
            print(f"starting anew: {self.path} is of another run", file=sys.stderr)
            return None
        return state

    def due(self) -> bool:
        """Whether a write is due."""
        return self.path is not None and time.monotonic() - self._last >= self.every

    def save(self, state: dict[str, np.ndarray]) -> None:
        """Write the state, whole or not at all. Uncompressed: it is written often."""
        if self.path is None:
            return
        with replacing(self.path) as temporary:
            np.savez(temporary, allow_pickle=False, **state, **{_KEY: np.array(self.key)})
        self._last = time.monotonic()

    def settle(self) -> None:
        """Forget the attempts: the run has ended. Its last state stays, for a job of several."""
        if self.path is not None:
            _attempts(self.path).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget the state: what the run leaves is in its place."""
        self.settle()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
