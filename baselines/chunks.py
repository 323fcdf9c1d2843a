"""Many updates without a word of the host, which on a GPU would wait for each of them.

A word is a decision by a number that is on the GPU: whether a loss is finite. So a chunk takes all
its inputs before it begins, takes every step unasked, and is looked at when it has ended. If the
training should have ended inside, the chunk is undone, and `Players.update`, which stops exactly
where it must, makes its updates again one by one.

The host is slow at starting a GPU's operations too, so that each kind of update is captured in a
CUDA graph and replayed (`baselines.graphs`).
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
"""Updates of a kind before it is captured: in them libraries choose and load their kernels."""
SECONDS = 1.0
"""How long a chunk should take: the progress bar and the checkpoint wait for its end."""

Reports = list[list[list[float]]]


class Chunks:
    """The updates of some players, in chunks.

    longest: updates of a chunk at most; 1 leaves every update to `Players.update`.
    capture: takes what an update does, and returns what does it again, without doing it; None
        starts every operation anew.
    """

    def __init__(
        self, players: Players, longest: int, capture: Callable[[Program], Program] | None = None
    ) -> None:
        self.players, self.longest, self.capture = players, longest, capture
        self._length, self._alone = 1, 0
        self._seen: dict[Kind, int] = {}
        self._programs: dict[Kind, Program] = {}
        # What a captured update reads and writes has its place in memory for good.
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

        Returns what `Players.update` returns of each. Only the last can be one that ends the
        training: not sound, or the end by `stopping`, which stays as it is.
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
        """Make these updates, whatever their losses are.

        Returns of each update losses and norm [3] of its step and of its penalty's (0 without).
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
        """Start all operations of these updates, without a word of the host.

        feeds: of all of them (`Players.feeds`). reports: float64 [K, 2, 3], which is filled.
        """
        for number, rows, share, report in zip(numbers, *feeds, reports, strict=True):
            self._feed.rows.copy_(rows)
            self._feed.share.copy_(share)
            self._program(self.players.kind(number))()
            report.copy_(self._reports)

    def _program(self, kind: Kind) -> Program:
        """What makes an update of this kind."""
        seen = self._seen[kind] = self._seen.get(kind, 0) + 1
        if self.capture is None or seen <= CAPTURED_AFTER:
            return lambda: self._play(kind)
        if kind not in self._programs:
            self._programs[kind] = self.capture(lambda: self._play(kind))
        return self._programs[kind]

    def _play(self, kind: Kind) -> None:
        self._reports.zero_()
        # In this order, so that the last step is taken too.
        for measured, report in zip(
            self.players.play(kind, self._feed), self._reports, strict=False
        ):
            report.copy_(measured)

    def _state(self) -> Iterator[Tensor]:
        """All that updates change, each in its place; the optimisers' since the first update."""
        for part in self.players.parts().values():
            if isinstance(part, nn.Module):
                yield from (x.detach() for x in chain(part.parameters(), part.buffers()))
            elif isinstance(part, Optimizer):
                values = (value for state in part.state.values() for value in state.values())
                yield from (value for value in values if isinstance(value, Tensor))

    def _undo(self) -> None:
        """Go back to where the last chunk began."""
        for live, kept in zip(self._state(), self._kept, strict=True):
            live.copy_(kept)
        set_generator_states(self._random)


def _ends(reports: Reports, numbers: range, stopping: EarlyStopping) -> bool:
    """Whether the training ends in one of these updates."""
    return any(
        not all(map(sound, update)) or stopping.stops_after(number, -update[0][0])
        for number, update in zip(numbers, reports, strict=True)
    )
