"""Which of a searched method's settings stands in a table: the best by the named criterion."""

from collections.abc import Sequence
from math import inf
from statistics import fmean
from typing import NamedTuple

from reporting.runs import Run
from suite.variants import MARK


class Chosen(NamedTuple):
    """The runs that stand for a method in a cell.

    search: how they were chosen, in words; empty where nothing was searched.
    """

    runs: Sequence[Run]
    search: str


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
    settings were searched most: so the search is stated beside the value.
    """
    if len(tried) == 1:
        return Chosen(tried[0], "")
    losses = [_loss(runs, criterion) for runs in tried]
    best = tried[losses.index(min(losses))]
    how = "best" if min(losses) < inf else "first"
    name = best[0].cell.method.partition(MARK)[2]
    return Chosen(best, f"{how} of {len(tried)} by {criterion}: {name}")
