"""Which of several settings of a method a table shows: the best by the configured criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean

from reporting.runs import Run
from suite.planning.variants import MARK


@dataclass(frozen=True)
class Search:
    """How one of several settings was chosen to represent a method.

    variant: the settings. tried: their number. best: whether it is the best by the criterion; else
    it is the first, because no variant has all its runs.
    """

    variant: str
    tried: int
    criterion: str
    best: bool

    def __str__(self) -> str:
        how = "best" if self.best else "first"
        return f"{how} of {self.tried} by {self.criterion}: {self.variant}"


def _loss(runs: Sequence[Run], criterion: str | None) -> float:
    """Mean of the criterion over the runs, negated if higher is better; inf if a run is not ok."""
    values = []
    for run in runs:
        measured = run.metrics.get(criterion or "")
        if run.judged != "ok" or measured is None or measured.value is None:
            return inf
        values.append(-measured.value if measured.better == "higher" else measured.value)
    return fmean(values)


def choose(
    tried: Sequence[Sequence[Run]], criterion: str | None
) -> tuple[Sequence[Run], Search | None]:
    """The runs of the variant with the best mean among those whose runs are all ok; else the first.

    With them comes how they were chosen; None if one variant was tried.

    tried: the runs of each variant of one method, on the same rows.

    The reported runs themselves decide, as in the paper. That favours methods with many variants,
    so tables state the search, and the verdict says that it flatters.
    """
    if len(tried) == 1:
        return tried[0], None
    losses = [_loss(runs, criterion) for runs in tried]
    best = tried[losses.index(min(losses))]
    name = best[0].cell.method.partition(MARK)[2]
    return best, Search(name, len(tried), str(criterion), min(losses) < inf)
