"""What Markdown and HTML share: the lines, columns and notes of a table."""

from collections.abc import Mapping, Sequence

from reporting.plan import Plan
from reporting.tables.cells import Row
from reporting.tables.experiments import Table

RUNS = (
    "Runs are all training seeds on the subsets of all data seeds: where there are several of "
    "both, the deviation mixes the spread between subsets with that between training seeds."
)
LEGEND = (
    "Each cell: ours, mean ± standard deviation over runs; then the published value and, in "
    f"brackets, ours less published. {RUNS} **Bold**: the best, where no other method's 95 % "
    "interval reaches its own. ? : a published value that is suspect. – : missing. Columns of real "
    "images are controls: what copies and fresh real images get."
)


def lines_of(rows: Sequence[Row]) -> Mapping[tuple[str, int, str], dict[str, Row]]:
    """The lines of the paper's layout: (dataset, n, metric) -> method -> row."""
    lines: dict[tuple[str, int, str], dict[str, Row]] = {}
    for row in rows:
        lines.setdefault((row.dataset, row.n, row.metric), {})[row.method] = row
    return lines


def columns_of(rows: Sequence[Row]) -> list[str]:
    """The methods of a table, in order."""
    return list(dict.fromkeys(row.method for row in rows))


def metric_title(table: Table, plan: Plan, metric: str) -> str:
    """What a table calls a metric."""
    return (table.metrics or {}).get(metric) or plan.title(metric)


def notes_of(table: Table, plan: Plan, rows: Sequence[Row]) -> dict[str, list[str]]:
    """What stands below a table, by heading: suspect published values, and searched settings."""

    def place(row: Row) -> str:
        return f"{plan.title(row.dataset)}, n = {row.n}, {plan.title(row.method)}"

    suspects = [
        f"{place(row)}, {metric_title(table, plan, row.metric)} {row.published.text}: "
        f"{row.published.suspect}"
        for row in rows
        if row.published and row.published.suspect
    ]
    searched = dict.fromkeys(f"{place(row)}: {row.search}" for row in rows if row.search)
    notes = {"Suspect published values": suspects, "Searched settings": list(searched)}
    return {heading: lines for heading, lines in notes.items() if lines}
