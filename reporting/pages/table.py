"""A table in the paper's own layout, as HTML."""

from html import escape

from reporting.controls import PREFIX
from reporting.pages.shell import page
from reporting.plan import Plan
from reporting.tables.cells import Row
from reporting.tables.fill import Filled
from reporting.tables.layout import RUNS, columns_of, lines_of, metric_title, notes_of
from reporting.tables.numbers import counted, decimals, number, signed

LEGEND = (
    "Each cell holds ours (mean ± standard deviation over runs), below it the published value and "
    f"how far ours is from it, and the ranks that the 95 % intervals allow. {RUNS} A number "
    "is set in bold and colour only where no other method's interval reaches its own. Shaded "
    "columns are real images in the place of generated ones: numbers below those of disjoint real "
    "images need not mean better images."
)


def _published(row: Row) -> str:
    if row.published is None:
        return ""
    text = escape(row.published.text)
    if row.published.suspect:
        text = f'<span class="suspect" title="{escape(row.published.suspect)}">{text} ?</span>'
    if row.difference is not None:
        text += f" ({signed(row.difference, decimals(row.mean))})"
    return f'<span class="paper">paper {text}</span>'


def _cell(row: Row | None) -> str:
    if row is None:
        return "<td></td>"
    kinds, notes, std = [], [], ""
    if row.mean is None:
        mean = row.status
        kinds.append("absent" if row.status == "missing" else "bad")
    else:
        digits = decimals(row.mean)
        mean = number(row.mean, digits)
        if row.std is not None:
            std = f' <span class="std">± {number(row.std, digits)}</span>'
        if row.status != "ok":
            kinds.append("bad" if row.status != "missing" else "partial")
            notes.append(counted(row))
    if row.method.startswith(PREFIX):
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


def _head(plan: Plan, method: str) -> str:
    kind = ' class="control"' if method.startswith(PREFIX) else ""
    return f"<th{kind}>{escape(plan.title(method))}</th>"


def fragment(filled: Filled) -> str:
    """The table with its caption, legend and notes on suspect values."""
    table, plan, rows = filled.table, filled.plan, filled.rows
    methods = columns_of(rows)
    lines = lines_of(rows)
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
        head += f'<td class="left metric">{escape(metric_title(table, plan, metric))}</td>'
        data = "".join(_cell(cells.get(method)) for method in methods)
        body.append(f"<tr{'' if first else ' class=same'}>{head}{data}</tr>")
    top = "".join(_head(plan, method) for method in methods)
    notes = "".join(
        f"<h3>{heading}</h3><ul>{''.join(f'<li>{escape(item)}</li>' for item in items)}</ul>"
        for heading, items in notes_of(table, plan, rows).items()
    )
    body_text = "\n".join(body)
    return (
        f'<p class="soft">{escape(table.caption)}</p>\n<div class="scroll"><table>\n<thead><tr>'
        f'<th class="left">data</th><th class="left">n</th><th class="left">metric</th>{top}'
        f"</tr></thead>\n<tbody>\n{body_text}\n</tbody></table></div>\n"
        f'<p class="legend">{LEGEND}</p>{notes}'
    )


def table_page(filled: Filled) -> str:
    """The table as a page of its own."""
    title = filled.table.title
    body = f"<h1>{escape(title)}</h1>\n{fragment(filled)}"
    return page(f"{title} · {filled.plan.name}", body)
