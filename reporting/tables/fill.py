"""A table that is filled: its rows, with those of the controls beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from reporting.controls import Controls
from reporting.plan import Plan
from reporting.published import read_published
from reporting.runs import Run
from reporting.tables.cells import Row, interval_of, rows_of
from reporting.tables.experiments import TABLES, Table


@dataclass(frozen=True)
class Filled:
    """A table and its rows; `plan` knows what to call the controls too."""

    table: Table
    plan: Plan
    rows: Sequence[Row]


def control_rows(controls: Controls, dataset: str, n: int, metric: str) -> list[Row]:
    """A row a control, like a method's: means over data seeds, and no rank.

    Held-out images have no row where they would be compared with themselves.
    """
    rows = []
    for name, judged in controls.found.get((dataset, n), {}).items():
        measured = [c.metrics[metric] for c in judged if metric in c.metrics]
        if not measured:
            continue
        values = [m.value for m in measured if m.value is not None]
        within = measured[0].std if len(values) == 1 else None
        rows.append(
            Row(
                dataset=dataset,
                n=n,
                method=name,
                metric=metric,
                mean=fmean(values) if values else None,
                std=stdev(values) if len(values) > 1 else None,
                seeds=len(values),
                planned=controls.planned,
                interval=interval_of(values, within),
                status="ok" if len(values) == controls.planned else "missing",
                better=measured[0].better,
                published=None,
            )
        )
    return rows


def fill(name: str, plan: Plan, runs: Iterable[Run], controls: Controls) -> Filled:
    """The table of experiment `name`.

    runs: every planned run, those of other experiments among them.
    """
    table = TABLES[name]
    rows = rows_of(
        table,
        plan,
        runs,
        read_published(name),
        lambda dataset, n, metric: control_rows(controls, dataset, n, metric),
    )
    return Filled(table, replace(plan, titles={**plan.titles, **controls.titles}), rows)
