"""A table in the paper's own layout, as HTML."""

from collections.abc import Sequence
from html import escape

from reporting.controls import PREFIX
from reporting.pages.shell import page, scrolled
from reporting.tables.cells import Row
from reporting.tables.fill import Filled
from reporting.tables.layout import VERDICT, columns_of, introduction, legend, lines_of, notes_of
from reporting.tables.numbers import counted, decimals, number, signed


def _published(row: Row) -> str:
    if row.published is None:
        return ""
    text = escape(row.published.text)
    if row.published.suspect:
        text = f'<span class="suspect" title="{escape(row.published.suspect)}">{text} ?</span>'
    if row.mean is not None and row.difference is not None:
        text += f" ({signed(row.difference, decimals(row.mean))})"
    return f'<span class="paper">paper {text}</span>'


def _cell(row: Row | None) -> str:
    if row is None:
        return "<td></td>"
    kinds, notes, std = [], [], ""
    mean: str = row.status
    if row.mean is None:
        kinds.append("absent" if row.status == "missing" else "bad")
    else:
        digits = decimals(row.mean)
        mean = number(row.mean, digits)
        if row.std is not None:
            std = f' <span class="std">± {number(row.std, digits)}</span>'
        if row.few is not None:
            std += "*"
        if row.status != "ok":
            kinds.append("bad" if row.status != "missing" else "partial")
            notes.append(counted(row))
    if row.drawn:
        kinds.append("control")
    if row.best:
        kinds.append("best")
    if row.ranks:
        low, high = row.ranks
        notes.append(f"rank {low}" if low == high else f"rank {low}–{high}")
    note = "".join(f'<span class="note">{text}</span>' for text in notes)
    return (
        f'<td class="{" ".join(kinds)}"><span class="mean">{mean}</span>{std}'
        f"{_published(row)}{note}</td>"
    )


def _head(method: str, title: str) -> str:
    kind = ' class="control"' if method.startswith(PREFIX) else ""
    return f"<th{kind}>{escape(title)}</th>"


def _list(items: Sequence[str], kind: str = "notes") -> str:
    return f'<ul class="{kind}">{"".join(f"<li>{escape(item)}</li>" for item in items)}</ul>'


def fragment(filled: Filled) -> str:
    """The table below what its numbers support, with its caption, legend and notes."""
    plan, columns, lines = filled.plan, columns_of(filled), lines_of(filled.rows)
    body, seen = [], set()
    for (dataset, n, metric), cells in lines.items():
        head = ""
        first = (dataset, n) not in seen
        if dataset not in seen:
            span = sum(key[0] == dataset for key in lines)
            head += f'<th rowspan="{span}">{escape(plan.title(dataset))}</th>'
        if first:
            span = sum(key[:2] == (dataset, n) for key in lines)
            head += f'<th rowspan="{span}">{n:,}</th>'
        seen |= {dataset, (dataset, n)}
        head += f'<td class="left metric">{escape(plan.title(metric))}</td>'
        data = "".join(_cell(cells.get(method)) for method in columns)
        body.append(f"<tr{'' if first else ' class=same'}>{head}{data}</tr>")
    top = "".join(_head(method, title) for method, title in columns.items())
    opening = "".join(f'<p class="soft">{escape(text)}</p>\n' for text in introduction(filled))
    sentences = _list(filled.verdict, "verdict")
    found = f"<h3>{VERDICT}</h3>{sentences}\n" if filled.verdict else ""
    notes = "".join(
        f"<h3>{heading}</h3>{_list(items)}" for heading, items in notes_of(filled).items()
    )
    reading = legend(filled, "Bold and in colour")
    if any(row.ranks for row in filled.rows):
        reading += " Ranks are those that the comparisons allow."
    rows = "\n".join(body)
    table = scrolled(
        f'<thead><tr><th class="left">data</th><th class="left">n</th><th class="left">metric</th>'
        f"{top}</tr></thead>\n<tbody>\n{rows}\n</tbody>",
        filled.table.title,
    )
    return f'{opening}{found}{table}\n<p class="legend">{escape(reading)}</p>{notes}'


def table_page(filled: Filled) -> str:
    """The table as a page of its own."""
    title = filled.table.title
    body = f"<h1>{escape(title)}</h1>\n{fragment(filled)}"
    return page(f"{title} · {filled.plan.name}", body)
