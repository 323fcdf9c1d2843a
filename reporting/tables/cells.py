"""Runs as rows of a table: means, intervals, ranks, and the status of every cell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, groupby
from math import sqrt
from statistics import fmean, stdev

from reporting.intervals import Estimate, Gap, Values, beyond_doubt, difference, estimate, welch
from reporting.plan import Plan
from reporting.published import Key, Published
from reporting.runs import MetricValue, Run, Status
from reporting.tables.experiments import Table
from reporting.tables.searched import Search, choose
from reporting.trajectories import Snapshot, trajectory_of
from suite.planning.variants import method_of

SEVERITY: tuple[Status, ...] = ("failed", "diverged", "missing", "ok")
SIGNS = {"lower": 1.0, "higher": -1.0}


@dataclass(frozen=True)
class Row:
    """One method's value of one metric on one subset size.

    values: data seed -> values of the successful runs, [] if none succeeded. A run is one training
        seed on the subset of one data seed.
    planned: number of planned runs.
    status: `ok` if all planned runs are, else the worst of their states.
    error: the metric's own standard error over the samples, if there is only one value.
    judged: number of rows that were judged.
    drawn: whether this is a control, whose rows are drawn and not trained: `error` then holds all
        uncertainty.
    followed: the metric along the training of the first run, (iteration, value).
    few: number of rows judged, if it is smaller than that of the runs; else None.
    leads: whether it is the best of the line beyond doubt, by the successful runs.
    ranks: best and worst rank that the comparisons of the line allow; None without a value, with
        one repeat, or for a metric without a good side.
    search: how the settings were chosen, if several were tried.
    runs: the runs behind the values; none for a control.
    measured: the whole entry of the metric, for each successful run.
    """

    dataset: str
    n: int
    method: str
    metric: str
    values: Values
    planned: int
    status: Status
    better: str
    published: Published | None = None
    error: float | None = None
    judged: int = 0
    drawn: bool = False
    followed: Sequence[tuple[int, float]] = ()
    few: int | None = None
    leads: bool = False
    ranks: tuple[int, int] | None = None
    search: Search | None = None
    runs: Sequence[Run] = ()
    measured: Sequence[MetricValue] = ()

    @property
    def best(self) -> bool:
        """Whether it leads and no planned run is missing or has failed."""
        return self.leads and self.status == "ok"

    @property
    def all(self) -> list[float]:
        """The values of all subsets."""
        return [value for runs in self.values.values() for value in runs]

    @property
    def mean(self) -> float | None:
        """Mean over all runs."""
        return fmean(self.all) if self.all else None

    @property
    def std(self) -> float | None:
        """Sample standard deviation over all runs; None for one run.

        With several data seeds it mixes the spread between subsets and between training seeds.
        """
        return stdev(self.all) if self.seeds > 1 else None

    @property
    def seeds(self) -> int:
        """Number of runs behind the mean."""
        return len(self.all)

    @property
    def repeats(self) -> int:
        """Number of repeats: subsets that have a run or, if one subset is planned, runs."""
        return self.seeds if len(self.values) == 1 else sum(map(bool, self.values.values()))

    @property
    def sampled(self) -> Estimate | None:
        """The single value, with its error over other samples of the same run; else None."""
        if self.seeds != 1 or self.error is None or self.judged < 2:
            return None
        return Estimate(self.all[0], self.error * sqrt(self.judged), self.judged)

    @cached_property
    def estimate(self) -> Estimate:
        """The mean, with its error over other seeds; ValueError without a value."""
        return (self.sampled if self.drawn else None) or estimate(self.values)

    @property
    def difference(self) -> float | None:
        """Our mean less the published value."""
        if self.mean is None or self.published is None or self.published.value is None:
            return None
        return self.mean - self.published.value

    @property
    def flags(self) -> str:
        """The status, `suspect` if the published value is, and the search, joined by `;`."""
        suspect = "suspect" if self.published and self.published.suspect else ""
        return ";".join(filter(None, [self.status, suspect, str(self.search or "")]))


def between(a: Row, b: Row) -> Gap:
    """The difference a - b of two rows of a line, each with a value."""
    if len(a.values) == len(b.values) == 1:
        return welch(a.estimate, b.estimate)
    return difference(a.values, b.values)


def surely_better(rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Pairs (better, worse) of methods of one line that differ beyond doubt.

    All pairs are compared (`reporting.intervals.difference`), and the p-values are corrected for
    their number (`reporting.intervals.holm`): a line has any false claim with a probability of at
    most 5 %.

    rows: one per method, each with a value, of a metric with a better direction.
    """
    gaps = [(a, b, between(a, b)) for a, b in combinations(rows, 2)]
    known = [((a, b, gap), gap.doubt) for a, b, gap in gaps if gap.known]
    return {
        (a.method, b.method) if SIGNS[a.better] * gap.mean < 0 else (b.method, a.method)
        for a, b, gap in beyond_doubt(known)
    }


def leader(rows: Sequence[Row]) -> Row | None:
    """The method of a line that is better than every other one beyond doubt; None if there is none.

    The method with the best mean is compared with every other one at 5 %, without a correction for
    the number of comparisons. A method that is not the best must beat the best one to be named, so
    the probability of a false name is at most that of one comparison (Gutmann and Maymin, 1987).

    rows: one per method, each with a value, of a metric with a better direction.
    """
    first = min(rows, key=lambda row: SIGNS[row.better] * fmean(row.all))
    return first if all(between(first, row).sure for row in rows if row is not first) else None


def ranked(rows: Sequence[Row]) -> list[Row]:
    """The methods of one dataset, size and metric, with the ranks that their comparisons allow.

    The best rank of a method is 1 + the number of methods that are surely better. Its worst rank is
    the number of methods that are not surely worse, itself included.
    """
    rivals = [row for row in rows if row.mean is not None]
    if len(rivals) < 2 or rivals[0].better not in SIGNS:
        return list(rows)
    pairs, first = surely_better(rivals), leader(rivals)

    def rank(row: Row) -> Row:
        if row is first:
            return replace(row, leads=True, ranks=(1, 1))
        if row.repeats < 2:
            return row
        above = sum(worse == row.method for _, worse in pairs)
        below = sum(better == row.method for better, _ in pairs)
        best = max(1 + above, 1 if first is None else 2)
        return replace(row, ranks=(best, len(rivals) - below))

    return [rank(row) for row in rows]


def _row(
    table: Table,
    method: str,
    metric: str,
    runs: Sequence[Run],
    search: Search | None,
    published: Published | None,
    snapshots: Sequence[Snapshot],
) -> Row:
    cell = runs[0].cell
    states: list[Status] = []
    values: dict[int, list[float]] = {run.data_seed: [] for run in runs}
    ok: list[MetricValue] = []
    better = "neither"
    for run in runs:
        status, found = table.read(run)
        measured = found.get(metric)
        if measured is not None:
            better = measured.better
        if status == "ok" and measured is not None and measured.value is not None:
            values[run.data_seed].append(measured.value)
            ok.append(measured)
        elif status == "ok":
            status = "missing"
        states.append(status)
    return Row(
        dataset=cell.dataset,
        n=cell.n,
        method=method,
        metric=metric,
        values=values,
        planned=len(runs),
        status=min(states, key=SEVERITY.index),
        better=better,
        published=published,
        error=ok[0].std if len(ok) == 1 else None,
        judged=max((run.evaluation.samples for run in runs if run.evaluation), default=0),
        followed=[(s.iteration, s.metrics[metric]) for s in snapshots if metric in s.metrics],
        search=search,
        runs=runs,
        measured=ok,
    )


def order(methods: Iterable[str], published: Mapping[Key, Published]) -> list[str]:
    """The paper's methods in its order, then the others in theirs; variants stay together."""
    paper = list(dict.fromkeys(key[2] for key in published))
    given = dict.fromkeys(methods)
    place = {name: number for number, name in enumerate(paper)}
    return sorted(given, key=lambda method: place.get(method_of(method), len(paper)))


Extra = Callable[[str, int, str], list[Row]]


def rows_of(
    table: Table,
    plan: Plan,
    runs: Iterable[Run],
    published: Mapping[Key, Published],
    extra: Extra,
) -> list[Row]:
    """Every row of a table, by dataset, size and metric, methods in the order of the paper.

    extra: (dataset, n, metric) -> rows without a rank (controls) that follow those of the methods,
        in a table of the configuration's metrics.
    """
    mine = [run for run in runs if run.cell.experiment == table.name]
    found: dict[tuple[str, int], dict[str, list[list[Run]]]] = {}
    for cell, group in groupby(mine, key=lambda run: run.cell):
        methods_here = found.setdefault((cell.dataset, cell.n), {})
        name = cell.method if plan.criterion is None else method_of(cell.method)
        methods_here.setdefault(name, []).append(list(group))
    methods = order((method for here in found.values() for method in here), published)
    rows = []
    for (dataset, n), tried in found.items():
        here = {name: choose(variants, plan.criterion) for name, variants in tried.items()}
        followed = {name: trajectory_of(first) for name, ((first, *_), _) in here.items()}
        fit = [metric for metric in plan.metrics if (dataset, metric) not in plan.unfit]
        for metric in table.metrics or fit:
            line = [
                _row(
                    table,
                    method,
                    metric,
                    *here[method],
                    published.get((dataset, n, method_of(method), metric)),
                    followed[method],
                )
                for method in methods
                if method in here
            ]
            known = next((row.better for row in line if row.mean is not None), "neither")
            rows.extend(ranked([replace(row, better=known) for row in line]))
            if table.metrics is None:
                rows.extend(extra(dataset, n, metric))
    return rows
