"""A table that is filled: its rows, with those of the controls beside them."""

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

    plan: knows what to call the controls and the table's own metrics too.
    verdict: what the rows support, in sentences.
    left_out: why controls or some of their metrics are missing, in words.
    """

    table: Table
    plan: Plan
    rows: Sequence[Row]
    verdict: Sequence[str]
    left_out: Sequence[str]


def control_rows(controls: Controls, plan: Plan, dataset: str, n: int, metric: str) -> list[Row]:
    """A row a control, like a method's: a value a data seed, and no rank.

    Held-out images have no row where they would be compared with themselves.
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

    runs: every planned run, those of other experiments among them.
    """
    table = table_of(name, plan)
    titles = {**plan.titles, **controls.titles, **(table.metrics or {})}
    named = replace(plan, titles=titles)
    rows = rows_of(
        table,
        plan,
        runs,
        read_published(name) if name in PAPER else {},
        lambda dataset, n, metric: control_rows(controls, plan, dataset, n, metric),
    )
    left_out = [
        f"{named.title(dataset)}, n = {n:,}: {reason}"
        for dataset, n in dict.fromkeys((row.dataset, row.n) for row in rows)
        for reason in controls.left_out.get((dataset, n), ())
    ]
    shared = [
        f"{named.title(dataset)}, n = {n:,}: {count:,} of the {of:,} held-out rows are training "
        "rows too, so that metrics against held-out rows reward copies."
        for dataset, n in dict.fromkeys((row.dataset, row.n) for row in rows)
        for count, of in filter(None, [controls.shared.get((dataset, n))])
    ]
    said = shared + verdict(rows, named.title, plan.samples)
    return Filled(table, named, rows, said, left_out)
