"""From runs to the rows of a table: means, intervals, ranks, and the state of every cell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf, sqrt
from statistics import fmean, stdev

from reporting.plan import Plan
from reporting.published import Key, Published
from reporting.runs import Run, Status
from reporting.tables.experiments import Table
from reporting.tables.searched import Chosen, choose
from suite.search import method_of

# Two-sided 95 % quantiles of Student's t for 1, 2, ... degrees of freedom.
STUDENT = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
NORMAL = 1.960
SEVERITY: tuple[Status, ...] = ("failed", "diverged", "missing", "ok")


@dataclass(frozen=True)
class Row:
    """One method's value of one metric on one subset size.

    mean, std: over the runs that are ok; std is the sample standard deviation, None for one run.
        A run is one training seed on the subset of one data seed: with several data seeds, std
        mixes the spread between subsets with that between training seeds.
    seeds, planned: runs behind the mean, and runs planned.
    interval: 95 % interval of the mean; unbounded where nothing says how sure it is.
    status: `ok` if every planned run is, else the worst state among them.
    best: whether this is the best, no other method's interval reaches its own, and it is ok.
    ranks: best and worst rank that the intervals of the row allow; None without a value or where
        the metric has no good side.
    search: how the settings were chosen, where several were tried; else empty.
    """

    dataset: str
    n: int
    method: str
    metric: str
    mean: float | None
    std: float | None
    seeds: int
    planned: int
    interval: tuple[float, float]
    status: Status
    better: str
    published: Published | None
    best: bool = False
    ranks: tuple[int, int] | None = None
    search: str = ""

    @property
    def difference(self) -> float | None:
        """Our mean less the published value."""
        if self.mean is None or self.published is None or self.published.value is None:
            return None
        return self.mean - self.published.value

    @property
    def flags(self) -> str:
        """The status, `suspect` where the published value is, and the search."""
        suspect = "suspect" if self.published and self.published.suspect else ""
        return ";".join(filter(None, [self.status, suspect, self.search]))


def interval_of(values: Sequence[float], within: float | None) -> tuple[float, float]:
    """95 % interval of the mean of runs.

    Several runs: mean ± t·s/√k, with s their sample standard deviation (each run has samples of
    its own, so s holds the noise of sampling too); it takes all runs as independent, also those on
    one subset. One run: mean ± 1.96·within, where `within` is the metric's own standard error.
    Otherwise unbounded.
    """
    if not values:
        return (-inf, inf)
    if len(values) > 1:
        half = STUDENT[min(len(values) - 2, len(STUDENT) - 1)] * stdev(values) / sqrt(len(values))
    else:
        half = inf if within is None else NORMAL * within
    return (fmean(values) - half, fmean(values) + half)


def ranked(rows: Sequence[Row]) -> list[Row]:
    """The methods of one dataset, size and metric, with the ranks that their intervals allow.

    A method's best rank counts the methods that are surely better (their whole interval is), its
    worst rank those that are not surely worse.
    """
    sign = {"lower": 1.0, "higher": -1.0}.get(rows[0].better if rows else "neither")
    rivals = [row for row in rows if row.mean is not None]
    if sign is None or len(rivals) < 2:
        return list(rows)
    spans = {row.method: sorted(sign * end for end in row.interval) for row in rivals}

    def rank(row: Row) -> Row:
        if row.mean is None:
            return row
        low, high = spans[row.method]
        others = [span for name, span in spans.items() if name != row.method]
        surely_better = sum(span[1] < low for span in others)
        surely_worse = sum(span[0] > high for span in others)
        ranks = (1 + surely_better, len(rivals) - surely_worse)
        return replace(row, ranks=ranks, best=ranks == (1, 1) and row.status == "ok")

    return [rank(row) for row in rows]


def _row(chosen: Chosen, table: Table, metric: str, published: Published | None) -> Row:
    runs, cell = chosen.runs, chosen.runs[0].cell
    states: list[Status] = []
    values, within, better = [], [], "neither"
    for run in runs:
        status, found = table.read(run)
        measured = found.get(metric)
        if status == "ok" and (measured is None or measured.value is None):
            status = "missing"
        states.append(status)
        if measured is not None:
            better = measured.better
        if status == "ok":
            values.append(measured.value)
            within.append(measured.std)
    return Row(
        dataset=cell.dataset,
        n=cell.n,
        method=method_of(cell.method),
        metric=metric,
        mean=fmean(values) if values else None,
        std=stdev(values) if len(values) > 1 else None,
        seeds=len(values),
        planned=len(runs),
        interval=interval_of(values, within[0] if len(within) == 1 else None),
        status=min(states, key=SEVERITY.index),
        better=better,
        published=published,
        search=chosen.search,
    )


def order(methods: Iterable[str], published: Mapping[Key, Published]) -> list[str]:
    """The paper's methods in its own order, then the others as they come."""
    paper = dict.fromkeys(key[2] for key in published)
    given = list(dict.fromkeys(methods))
    return [m for m in paper if m in given] + [m for m in given if m not in paper]


Extra = Callable[[str, int, str], list[Row]]


def rows_of(
    table: Table,
    plan: Plan,
    runs: Iterable[Run],
    published: Mapping[Key, Published],
    extra: Extra | None = None,
) -> list[Row]:
    """Every row of a table, by dataset, size and metric, methods in the order of the paper.

    extra: (dataset, n, metric) -> rows that stand beside the methods' without a rank, where the
        table is of the configuration's metrics.
    """
    mine = [run for run in runs if run.cell.experiment == table.name]
    found: dict[tuple[str, int], dict[str, list[list[Run]]]] = {}
    for cell, group in groupby(mine, key=lambda run: run.cell):
        methods_here = found.setdefault((cell.dataset, cell.n), {})
        methods_here.setdefault(method_of(cell.method), []).append(list(group))
    methods = order((method for here in found.values() for method in here), published)
    rows = []
    for (dataset, n), tried in found.items():
        here = {name: choose(variants, plan.criterion) for name, variants in tried.items()}
        for metric in table.metrics or plan.metrics:
            line = [
                _row(here[method], table, metric, published.get((dataset, n, method, metric)))
                for method in methods
                if method in here
            ]
            known = next((row.better for row in line if row.mean is not None), "neither")
            rows.extend(ranked([replace(row, better=known) for row in line]))
            if extra and table.metrics is None:
                rows.extend(extra(dataset, n, metric))
    return rows
