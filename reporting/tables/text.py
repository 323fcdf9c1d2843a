"""Tables as tidy CSV and as Markdown."""

from collections.abc import Mapping, Sequence

from reporting.tables.cells import Row
from reporting.tables.fill import Filled
from reporting.tables.layout import VERDICT, columns_of, introduction, legend, lines_of, notes_of
from reporting.tables.numbers import decimals, ours, signed
from suite.running.files import csv_text

COLUMNS = ["dataset", "n", "method", "metric", "ours_mean", "ours_std", "seeds"]
COLUMNS += ["published", "difference", "status"]


def tidy(rows: Sequence[Row]) -> str:
    """CSV with one line for each cell and metric; fields without a value are empty."""

    def plain(value: float | None) -> str:
        return "" if value is None else f"{value:.10g}"

    def cells(row: Row) -> list[object]:
        published = row.published.value if row.published else None
        return [
            *(row.dataset, row.n, row.method, row.metric),
            *(plain(row.mean), plain(row.std), row.seeds),
            *(plain(published), plain(row.difference), row.flags),
        ]

    return csv_text(COLUMNS, map(cells, rows))


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    text = f"**{ours(row)}**" if row.best else ours(row)
    if row.published:
        text += f" / {row.published.text}{'?' if row.published.suspect else ''}"
    if row.mean is not None and row.difference is not None:
        text += f" ({signed(row.difference, decimals(row.mean))})"
    return text


def _lists(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Heading -> items, as lines of Markdown."""
    return [
        line
        for heading, items in found.items()
        for line in (f"{heading}:", "", *(f"- {item}" for item in items), "")
    ]


def markdown(filled: Filled) -> str:
    """Markdown in the paper's layout: lines are datasets, sizes and metrics, columns methods."""
    plan, columns = filled.plan, columns_of(filled)
    grid = [["data", "n", "metric", *columns.values()]]
    for (dataset, n, metric), cells in lines_of(filled.rows).items():
        head = [plan.title(dataset), f"{n:,}", plan.title(metric)]
        grid.append(head + [_cell(cells.get(method)) for method in columns])
    widths = [max(len(line[i]) for line in grid) for i in range(len(grid[0]))]
    grid.insert(1, ["-" * width for width in widths])
    table = [f"| {' | '.join(map(str.ljust, line, widths))} |" for line in grid]
    opening = [line for text in introduction(filled) for line in (text, "")]
    above = _lists({VERDICT: filled.verdict} if filled.verdict else {})
    closing = ["", legend(filled, "**Bold**"), "", *_lists(notes_of(filled))]
    return "\n".join([f"# {filled.table.title}", "", *opening, *above, *table, *closing])
