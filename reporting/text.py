"""Tables as tidy CSV and as Markdown."""

import csv
import io
from collections.abc import Mapping, Sequence

from reporting.cells import Row
from reporting.plan import Plan
from reporting.table import Table

COLUMNS = ["dataset", "n", "method", "metric", "ours_mean", "ours_std", "seeds"]
COLUMNS += ["published", "difference", "status"]
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


def decimals(value: float) -> int:
    """Digits after the point that a value is shown with."""
    size = abs(value)
    return 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3


def number(value: float, digits: int | None = None) -> str:
    """A value for reading: about four significant digits, with thousands apart."""
    return f"{value:,.{decimals(value) if digits is None else digits}f}"


def signed(value: float, digits: int) -> str:
    """A difference for reading, with its sign."""
    return f"{value:+,.{digits}f}".replace("-", "−")


def counted(row: Row) -> str:
    """How many runs a mean stands on, where not all are ok."""
    return f"{row.seeds} of {row.planned} runs, rest {row.status}"


def ours(row: Row) -> str:
    """Our mean ± std, with the state and the count of runs where not all are ok."""
    if row.mean is None:
        return row.status if row.status != "missing" else "–"
    digits = decimals(row.mean)
    text = number(row.mean, digits)
    if row.std is not None:
        text += f" ± {number(row.std, digits)}"
    return text if row.status == "ok" else f"{text} [{counted(row)}]"


def theirs(row: Row) -> str:
    """The published value as printed, with ? if it is suspect; empty without one."""
    if row.published is None:
        return ""
    return row.published.text + ("?" if row.published.suspect else "")


def tidy(rows: Sequence[Row]) -> str:
    """One line a cell and metric; empty where there is no value."""

    def plain(value: float | None) -> str:
        return "" if value is None else f"{value:.10g}"

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        published = row.published.value if row.published else None
        writer.writerow(
            [
                *(row.dataset, row.n, row.method, row.metric),
                *(plain(row.mean), plain(row.std), row.seeds),
                *(plain(published), plain(row.difference), row.flags),
            ]
        )
    return buffer.getvalue()


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


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    mine = f"**{ours(row)}**" if row.best else ours(row)
    text = f"{mine} / {theirs(row)}" if row.published else mine
    if row.difference is not None:
        text += f" ({signed(row.difference, decimals(row.mean))})"
    return text


def markdown(table: Table, plan: Plan, rows: Sequence[Row]) -> str:
    """The paper's layout: a line a dataset, size and metric; a column a method."""
    methods = columns_of(rows)
    grid = [["data", "n", "metric", *(plan.title(method) for method in methods)]]
    for (dataset, n, metric), cells in lines_of(rows).items():
        head = [plan.title(dataset), f"{n:,}", metric_title(table, plan, metric)]
        grid.append(head + [_cell(cells.get(method)) for method in methods])
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    grid.insert(1, ["-" * width for width in widths])
    lines = [f"| {' | '.join(map(str.ljust, line, widths))} |" for line in grid]
    notes = [
        line
        for heading, items in notes_of(table, plan, rows).items()
        for line in ("", f"{heading}:", "", *(f"- {item}" for item in items))
    ]
    return "\n".join([f"# {table.title}", "", table.caption, "", *lines, "", LEGEND, *notes, ""])
