"""A filled table: the rows of its methods and of the controls, and its verdict."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reporting.controls import Controls
from reporting.plan import Plan
from reporting.published import read_published
from reporting.runs import Run
from reporting.tables.cells import Row, rows_of
from reporting.tables.experiments import PAPER, Table, table_of
from reporting.verdict.sentences import verdict


@dataclass(frozen=True)
class Filled:
    """A table and its rows.

    plan: with the titles of the controls and of the table's own metrics.
    verdict: sentences that say what the rows support.
    left_out: sentences that say which controls, or metrics of them, are missing and why.
    """

    table: Table
    plan: Plan
    rows: Sequence[Row]
    verdict: Sequence[str]
    left_out: Sequence[str]


def control_rows(controls: Controls, plan: Plan, dataset: str, n: int, metric: str) -> list[Row]:
    """One row for each control, with a value for each data seed and no rank.

    A control that cannot be judged by the metric has no row.
    """
    rows = []
    for name, judged in controls.found.get((dataset, n), {}).items():
        measured = {seed: c.metrics[metric] for seed, c in judged.items() if metric in c.metrics}
        if not measured:
            continue
        values = {
            seed: [m.value for m in [measured.get(seed)] if m and m.value is not None]
            for seed in plan.data_seeds
        }
        count = min(control.samples for control in judged.values())
        first = next(iter(measured.values()))
        rows.append(
            Row(
                dataset=dataset,
                n=n,
                method=name,
                metric=metric,
                values=values,
                planned=len(values),
                status="ok" if all(values.values()) else "missing",
                better=first.better,
                error=first.std if len(measured) == 1 else None,
                judged=count,
                drawn=True,
                few=count if count < plan.samples else None,
            )
        )
    return rows


def fill(name: str, plan: Plan, runs: Iterable[Run], controls: Controls) -> Filled:
    """The table of experiment `name`.

    runs: every planned run, of other experiments too.
    """
    table = table_of(name, plan)
    rows = rows_of(
        table,
        plan,
        runs,
        read_published(name) if name in PAPER else {},
        lambda dataset, n, metric: control_rows(controls, plan, dataset, n, metric),
    )
    return filled(table, plan, rows, controls)


def filled(table: Table, plan: Plan, rows: Sequence[Row], controls: Controls) -> Filled:
    """A table of these rows, with titles, verdict and notes."""
    titles = {**plan.titles, **controls.titles, **(table.metrics or {})}
    named = replace(plan, titles=titles)
    places = dict.fromkeys((row.dataset, row.n) for row in rows)
    left_out, shared = (
        [f"{named.place(*place)}: {text}" for place in places for text in found.get(place, ())]
        for found in (controls.left_out, controls.shared)
    )
    said = shared + verdict(rows, named.title, plan.samples)
    return Filled(table, named, rows, said, left_out)
