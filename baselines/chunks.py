"""Chunks of many updates between which the host does not wait for the GPU.

The host waits wherever it reads a number from the GPU, such as a loss that it checks for being
finite. So a chunk copies all its inputs first, takes every step without a check, and the losses are
read after its last update. If the training should have ended inside a chunk, the state at its start
is restored, and `Players.update`, which checks every step, makes the updates again one by one.

Starting an operation on a GPU takes the host time too. So each kind of update is captured in a CUDA
graph and replayed (`baselines.graphs`).
"""

import copy
import time
from collections.abc import Callable, Iterator
from itertools import chain

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from baselines.graphs import Program
from baselines.players import Feed, Kind, Players, sound
from baselines.progress import generator_states, set_generator_states
from baselines.stopping import EarlyStopping

CAPTURED_AFTER = 3
"""Updates of a kind before its capture: libraries choose and load their kernels during them."""
SECONDS = 1.0
"""Aimed-at duration of a chunk. The progress bar and the checkpoint wait for its end."""

Reports = list[list[list[float]]]


class Chunks:
    """Makes the updates of `players` in chunks.

    longest: largest number of updates in a chunk; 1 leaves every update to `Players.update`.
    capture: records a function's operations without running them, and returns a function that runs
        them; None runs every operation one by one.
    """

    def __init__(
        self, players: Players, longest: int, capture: Callable[[Program], Program] | None = None
    ) -> None:
        self.players, self.longest, self.capture = players, longest, capture
        self._length, self._alone = 1, 0
        self._seen: dict[Kind, int] = {}
        self._programs: dict[Kind, Program] = {}
        # A CUDA graph uses fixed addresses, so every update reads and writes these tensors.
        settings, where = players.settings, players.where
        rows = torch.zeros(settings.n_dis, settings.batch, dtype=torch.int64, device=where)
        self._feed = Feed(rows, torch.zeros((), device=where))
        self._reports = torch.zeros(2, 3, dtype=torch.float64, device=where)

    @property
    def captured(self) -> int:
        """Kinds of updates that have been captured."""
        return len(self._programs)

    def next(self, done: int, until: int, stopping: EarlyStopping) -> list[list[float]]:
        """Make one or more of the updates `done` + 1 to `until`.

        Returns for each what `Players.update` returns. Only the last one can end the training,
        because its values are not sound or because `stopping` says so. `stopping` is not changed.
        """
        count = min(self._length, until - done)
        if count == 1 or done < self._alone:
            self._length = min(2 * self._length, self.longest)
            return [self.players.update(done + 1)]
        started = time.perf_counter()
        numbers = range(done + 1, done + 1 + count)
        reports = self.unasked(numbers)
        if _ends(reports, numbers, copy.copy(stopping)):
            self._undo()
            self._alone = numbers[-1]
            return [self.players.update(done + 1)]
        pace = SECONDS / (time.perf_counter() - started)
        self._length = max(1, min(self.longest, int(self._length * max(0.5, min(2.0, pace)))))
        return [losses for losses, _ in reports]

    def unasked(self, numbers: range) -> Reports:
        """Make these updates without checking their losses.

        Returns for each update the losses and the norm [3] at its step, and at the step of its
        penalty (zeros if it has none).
        """
        self._kept = [live.clone() for live in self._state()]
        self._random = generator_states()
        feeds = self.players.feeds(numbers)
        reports = torch.zeros(len(numbers), *self._reports.shape, dtype=torch.float64)
        reports = reports.to(self._reports.device)
        self.enqueue(numbers, feeds, reports)
        found: Reports = reports.tolist()
        return found

    def enqueue(self, numbers: range, feeds: Feed, reports: Tensor) -> None:
        """Start all operations of these updates without reading a number from the GPU.

        feeds: inputs of all K updates (`Players.feeds`). reports: float64 [K, 2, 3], filled here.
        """
        for number, rows, share, report in zip(numbers, *feeds, reports, strict=True):
            self._feed.rows.copy_(rows)
            self._feed.share.copy_(share)
            self._program(self.players.kind(number))()
            report.copy_(self._reports)

    def _program(self, kind: Kind) -> Program:
        """The function that makes an update of this kind."""
        seen = self._seen[kind] = self._seen.get(kind, 0) + 1
        if self.capture is None or seen <= CAPTURED_AFTER:
            return lambda: self._play(kind)
        if kind not in self._programs:
            self._programs[kind] = self.capture(lambda: self._play(kind))
        return self._programs[kind]

    def _play(self, kind: Kind) -> None:
        self._reports.zero_()
        # `play` must come first in zip, which then resumes it at the end: it takes its last step.
        for measured, report in zip(
            self.players.play(kind, self._feed), self._reports, strict=False
        ):
            report.copy_(measured)

    def _state(self) -> Iterator[Tensor]:
        """All tensors that updates change in place (an optimiser has its own after one update)."""
        for part in self.players.parts().values():
            if isinstance(part, nn.Module):
                yield from (x.detach() for x in chain(part.parameters(), part.buffers()))
            elif isinstance(part, Optimizer):
                values = (value for state in part.state.values() for value in state.values())
                yield from (value for value in values if isinstance(value, Tensor))

    def _undo(self) -> None:
        """Restore the state at the start of the last chunk."""
        for live, kept in zip(self._state(), self._kept, strict=True):
            live.copy_(kept)
        set_generator_states(self._random)


def _ends(reports: Reports, numbers: range, stopping: EarlyStopping) -> bool:
    """Whether the training ends in one of these updates."""
    return any(
        not all(map(sound, update)) or stopping.stops_after(number, -update[0][0])
        for number, update in zip(numbers, reports, strict=True)
    )
