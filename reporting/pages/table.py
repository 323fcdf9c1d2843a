"""A table in the paper's layout, as an HTML page."""

from reporting.controls import PREFIX
from reporting.pages.render import render
from reporting.pages.values import value_of
from reporting.tables.cells import Row
from reporting.tables.fill import Filled
from reporting.tables.layout import VERDICT, columns_of, lines_of, words_of


def table_page(filled: Filled) -> str:
    """The verdict and below it the table: one line per metric, one column per method."""
    plan, columns, lines = filled.plan, columns_of(filled), lines_of(filled.rows)
    shown = []
    seen: set[tuple[str, ...]] = set()

    def head(text: str, *key: str) -> tuple[str, int] | None:
        """The cell at the head of lines with equal key and the lines that it spans; first only."""
        if key in seen:
            return None
        seen.add(key)
        return text, sum((one[0], str(one[1]))[: len(key)] == key for one in lines)

    def values(cells: dict[str, Row]) -> list[object]:
        return [value_of(cells[method]) if method in cells else None for method in columns]

    for (dataset, n, metric), cells in lines.items():
        data, size = head(plan.title(dataset), dataset), head(f"{n:,}", dataset, str(n))
        shown.append(
            {
                "first": size is not None,
                "data": data,
                "n": size,
                "metric": plan.title(metric),
                "cells": values(cells),
            }
        )
    return render(
        "table.html",
        name=plan.name,
        verdict_heading=VERDICT,
        head=[(title, method.startswith(PREFIX)) for method, title in columns.items()],
        lines=shown,
        **words_of(filled),
    )
