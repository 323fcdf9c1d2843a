"""The tables of the page: one line per method, one column per metric, sortable by each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reporting.controls import FLOOR, FRESH
from reporting.pages.pictures import Picture
from reporting.pages.values import Value, facts, value_of
from reporting.tables.cells import Row
from reporting.tables.fill import Filled
from reporting.tables.layout import columns_of, lines_of
from reporting.tables.numbers import number
from reporting.verdict.real import copiers, shows
from reporting.verdict.words import Titles

Place = tuple[str, int]
Sheets = Mapping[tuple[str, str, int], Mapping[str, Picture]]
"""Experiment, dataset and n -> method -> its samples."""


NEAR = ("copies", "nearness")
"""What metrics show (`Metric.shows`) that are about the nearness to training images."""


@dataclass(frozen=True)
class Panel:
    """What opens beside a value.

    name: its id. heading: which value it is. facts: subject -> text.
    """

    name: str
    heading: str
    facts: Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """A method on one subset size of one dataset.

    place: titles of dataset and n. kind: class of the line.
    cells: for each metric the value and its panel; None if the method has no value.
    """

    place: tuple[str, str]
    n: int
    method: str
    kind: str
    sheet: Picture | None
    cells: Sequence[tuple[Value, Panel] | None]


@dataclass(frozen=True)
class Lines:
    """A table of the page.

    places: titles of its pairs of dataset and n. metrics: title -> better direction.
    """

    places: Sequence[str]
    metrics: Mapping[str, str]
    lines: Sequence[Line]


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


def lines_by_method(filled: Filled, sheets: Sheets) -> Lines:
    """The table of an experiment, with the panel of each value."""
    plan, name = filled.plan, filled.table.name
    found = lines_of(filled.rows)
    metrics = list(dict.fromkeys(metric for _, _, metric in found))
    places: list[Place] = list(dict.fromkeys(key[:2] for key in found))
    better = {row.metric: row.better for row in filled.rows if row.mean is not None}
    lines: list[Line] = []
    for dataset, n in places:
        here = [found.get((dataset, n, metric), {}) for metric in metrics]
        where = f"{plan.title(dataset)}, n = {n:,}"
        for method, title in columns_of(filled).items():
            rows = [line.get(method) for line in here]
            if not any(rows):
                continue
            copying = _copying(here, method, plan.title)
            cells: list[tuple[Value, Panel] | None] = []
            for metric, line, row in zip(metrics, here, rows, strict=True):
                if row is None:
                    cells.append(None)
                    continue
                identity = f"value-{name}-{dataset}-{n}-{len(lines)}-{metric}"
                heading = f"{title} · {plan.title(metric)} · {where}"
                panel = Panel(identity, heading, facts(row, line.get(FLOOR), copying))
                cells.append((value_of(row), panel))
            drawn = any(row.drawn for row in rows if row)
            lines.append(
                Line(
                    place=(plan.title(dataset), f"{n:,}"),
                    n=n,
                    method=title,
                    kind="control" if drawn else "",
                    sheet=sheets.get((name, dataset, n), {}).get(method),
                    cells=cells,
                )
            )
    return Lines(
        [f"{plan.title(dataset)}, n = {n:,}" for dataset, n in places],
        {plan.title(metric): better.get(metric, "neither") for metric in metrics},
        lines,
    )
