"""The tables of the page: one line per method, one column per metric, sortable by each."""

from collections.abc import Mapping, Sequence
from typing import Any

from reporting.controls import FLOOR, FRESH
from reporting.pages.pictures import Picture
from reporting.pages.values import facts, value_of
from reporting.tables.cells import Row
from reporting.tables.fill import Filled
from reporting.tables.layout import columns_of, lines_of
from reporting.tables.numbers import number
from reporting.verdict.real import copiers, shows
from reporting.verdict.words import Titles

Sheets = Mapping[tuple[str, str, int], Mapping[str, Picture]]
"""Experiment, dataset and n -> method -> its samples."""

NEAR = ("copies", "nearness")
"""What metrics show (`Metric.shows`) that are about the nearness to training images."""


def _copying(place: Sequence[Mapping[str, Row]], method: str, titles: Titles) -> str:
    """How near a method's samples are to the training images, compared with new real images."""
    found = []
    for line in place:
        own, fresh = line.get(method), line.get(FRESH)
        if own is None or own.mean is None or own.drawn or shows(own.metric) not in NEAR:
            continue
        words = number(own.mean)
        if fresh is not None and fresh.mean is not None:
            words += f" against {number(fresh.mean)} of new real images"
        found.append((own, words + (": copies" if method in copiers([*line.values()]) else "")))
    return "; ".join(f"{titles(row.metric)} {words}" for row, words in found)


def lines_by_method(filled: Filled, sheets: Sheets) -> dict[str, Any]:
    """The table of an experiment, as `templates/lines.html` shows it.

    places: its pairs of dataset and n, in words. metrics: title -> better direction. lines: for
    each method on one subset size of one dataset its title, its samples, and `cells`: for each
    metric the value with the id, heading and facts of its panel; None if there is no value.
    """
    plan, name = filled.plan, filled.table.name
    found = lines_of(filled.rows)
    metrics = list(dict.fromkeys(metric for _, _, metric in found))
    places = list(dict.fromkeys((dataset, n) for dataset, n, _ in found))
    better = {row.metric: row.better for row in filled.rows if row.mean is not None}
    lines: list[dict[str, Any]] = []
    for dataset, n in places:
        here = [found.get((dataset, n, metric), {}) for metric in metrics]
        for method, title in columns_of(filled).items():
            rows = [line.get(method) for line in here]
            if not any(rows):
                continue
            copying = _copying(here, method, plan.title)
            cells = [
                None
                if row is None
                else {
                    "value": value_of(row),
                    "panel": f"value-{name}-{dataset}-{n}-{len(lines)}-{metric}",
                    "heading": f"{title} · {plan.title(metric)} · {plan.place(dataset, n)}",
                    "facts": facts(row, line.get(FLOOR), copying),
                }
                for metric, line, row in zip(metrics, here, rows, strict=True)
            ]
            lines.append(
                {
                    "data": plan.title(dataset),
                    "n": n,
                    "method": title,
                    "control": any(row.drawn for row in rows if row),
                    "sheet": sheets.get((name, dataset, n), {}).get(method),
                    "cells": cells,
                }
            )
    return {
        "places": [plan.place(*place) for place in places],
        "metrics": {plan.title(metric): better.get(metric, "neither") for metric in metrics},
        "lines": lines,
    }
