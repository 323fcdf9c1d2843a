"""Which of a searched method's settings stands in a table: the best by the named criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean
from typing import NamedTuple

from reporting.runs import Run
from suite.planning.variants import MARK


@dataclass(frozen=True)
class Search:
    """How one of several settings came to stand for a method.

    variant: the settings. tried: how many there were. best: whether it is the best of them by the
    criterion, else it is the first, since no variant has all runs.
    """

    variant: str
    tried: int
    criterion: str
    best: bool

    def __str__(self) -> str:
        how = "best" if self.best else "first"
        return f"{how} of {self.tried} by {self.criterion}: {self.variant}"


class Chosen(NamedTuple):
    """The runs that stand for a method in a cell; search: None where nothing was searched."""

    runs: Sequence[Run]
    search: Search | None


def _loss(runs: Sequence[Run], criterion: str | None) -> float:
    """Mean of the criterion over the runs, negated if higher is better; inf unless all are ok."""
    values = []
    for run in runs:
        found = run.evaluation.metrics if run.evaluation else {}
        measured = found.get(criterion or "")
        if run.judged != "ok" or measured is None or measured.value is None:
            return inf
        values.append(-measured.value if measured.better == "higher" else measured.value)
    return fmean(values)


def choose(tried: Sequence[Sequence[Run]], criterion: str | None) -> Chosen:
    """The variant whose runs are all ok and have the best mean; the first where there is none.

    tried: the runs of each variant of one method, on the same rows.
    The choice is by the reported runs themselves, as in the paper, which favours the methods whose
    settings were searched most: so tables state the search, and the verdict that it flatters.
    """
    if len(tried) == 1:
        return Chosen(tried[0], None)
    losses = [_loss(runs, criterion) for runs in tried]
    best = tried[losses.index(min(losses))]
    name = best[0].cell.method.partition(MARK)[2]
    return Chosen(best, Search(name, len(tried), str(criterion), min(losses) < inf))
