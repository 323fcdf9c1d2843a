"""A table in the paper's layout, as an HTML page."""

from collections import Counter

from reporting.controls import PREFIX
from reporting.pages.render import render
from reporting.pages.values import value_of
from reporting.tables.fill import Filled
from reporting.tables.layout import VERDICT, columns_of, lines_of, words_of


def table_page(filled: Filled) -> str:
    """The verdict and below it the table: one line per metric, one column per method."""
    plan, columns, lines = filled.plan, columns_of(filled), lines_of(filled.rows)
    spans = Counter(key for dataset, n, _ in lines for key in (dataset, (dataset, n)))
    shown = []
    for (dataset, n, metric), cells in lines.items():
        shown.append(
            {
                "data": plan.title(dataset),
                "n": f"{n:,}",
                # How many lines the heads of dataset and n span; 0 after the first of these lines.
                "spans": (spans.pop(dataset, 0), spans.pop((dataset, n), 0)),
                "metric": plan.title(metric),
                "cells": [value_of(cells[name]) if name in cells else None for name in columns],
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
