"""What the rules of the verdict find, and how findings become sentences."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from reporting.tables.cells import Row

Titles = Callable[[str], str]
"""A name of a method, dataset or metric -> what to call it."""


@dataclass(frozen=True)
class Finding:
    """What a rule found in one line of a table, or in all lines of one place.

    claim: the sentence up to the metric. Findings with equal claim and end share a sentence.
    metric: title of the metric that shows it; "" if the claim is about the whole place.
    figures: the numbers of the metric.
    end: the rest of the sentence.
    """

    claim: str
    metric: str = ""
    figures: str = ""
    end: str = ""


def listed(names: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def does(names: Sequence[str], one: str, several: str) -> str:
    """The names with a verb: "A lies", "A and B lie"."""
    return f"{listed(names)} {one if len(names) == 1 else several}"


def sentences(findings: Iterable[Finding]) -> list[str]:
    """The findings as sentences, one for all metrics that agree on a claim.

    >>> sentences([Finding("A wins", "FID", "1 to 2"), Finding("A wins", "KID", "3 to 4")])
    ['A wins by FID (1 to 2) and KID (3 to 4).']
    """
    shared: dict[tuple[str, str], list[str]] = {}
    for found in findings:
        shown = shared.setdefault((found.claim, found.end), [])
        if found.metric:
            shown.append(found.metric + (f" ({found.figures})" if found.figures else ""))
    return [
        f"{claim}{f' by {listed(shown)}' if shown else ''}{end}."
        for (claim, end), shown in shared.items()
    ]


def methods(line: Iterable[Row]) -> list[Row]:
    """The rows of methods that have a value."""
    return [row for row in line if not row.drawn and row.mean is not None]


def control(line: Iterable[Row], *names: str) -> Row | None:
    """The first of the named controls that has a value; None if none has."""
    found = {row.method: row for row in line if row.mean is not None}
    return next((found[name] for name in names if name in found), None)


def mean(row: Row) -> float:
    """The mean of a row that has one."""
    assert row.mean is not None, "rows without a value have been left out"
    return row.mean


def seeds(row: Row) -> str:
    """The kind of seed that tells its repeats apart: training or data."""
    return "training" if len(row.values) == 1 else "data"


def repeats(first: Row, second: Row) -> str:
    """The repeats of two rows in words: "3 runs each", "3 runs and 5 runs"."""
    what = "run" if len(first.values) == 1 else "subset"
    counts = [f"{row.repeats} {what}{'' if row.repeats == 1 else 's'}" for row in (first, second)]
    return f"{counts[0]} each" if counts[0] == counts[1] else " and ".join(counts)
