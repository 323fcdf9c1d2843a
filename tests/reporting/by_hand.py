"""Rows of a table made by hand, and their verdict."""

from reporting.tables.cells import Row, ranked
from reporting.verdict.sentences import verdict

SAMPLES = 64


def row(method, *values, metric="fid", better="lower", status="ok", n=64, **fields) -> Row:
    planned = fields.pop("planned", len(values))
    return Row("d", n, method, metric, {0: list(values)}, planned, status, better, **fields)


def control(name, value, error, **where) -> Row:
    return row(f"control:{name}", value, error=error, judged=SAMPLES, drawn=True, **where)


def said(*rows, titles=str) -> list[str]:
    """The verdict on one line of methods, ranked as in a table, with its controls."""
    methods = ranked([one for one in rows if not one.drawn])
    return told([*methods, *(one for one in rows if one.drawn)], titles)


def told(rows, titles=str) -> list[str]:
    """The verdict without the sentences about missing metrics."""
    found = verdict(rows, titles, SAMPLES)
    return [
        one.replace("; but nobody looked for copies", "")
        for one in found
        if "not measured" not in one
    ]
