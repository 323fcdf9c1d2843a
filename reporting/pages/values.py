"""A value of a table as the page shows it, and the details in its panel."""

from collections.abc import Sequence
from dataclasses import dataclass

from reporting.published import Published
from reporting.tables.cells import Row
from reporting.tables.numbers import counted, decimals, number, signed
from reporting.trends import late


@dataclass(frozen=True)
class Value:
    """One value of one table.

    mean: the mean over runs as text; the state of the runs if there is none.
    std: the deviation as text with ± in front; "" if there is none.
    order: the number to sort by.
    kinds: CSS classes of its cell.
    published: the published value, if there is one.
    difference: our value - published value, as text.
    notes: its ranks, and the count of runs if not all are ok.
    """

    mean: str
    std: str
    order: float | None
    kinds: str
    published: Published | None
    difference: str
    notes: Sequence[str]


def value_of(row: Row) -> Value:
    """The value of a row."""
    kinds, notes, std = [], [], ""
    mean: str = row.status
    difference = ""
    if row.mean is None:
        kinds.append("absent" if row.status == "missing" else "bad")
    else:
        digits = decimals(row.mean)
        mean = number(row.mean, digits)
        if row.std is not None:
            std = f"± {number(row.std, digits)}"
        if row.few is not None:
            std += "*"
        if row.status != "ok":
            kinds.append("bad" if row.status != "missing" else "partial")
            notes.append(counted(row))
        if row.difference is not None:
            difference = signed(row.difference, digits)
    if row.drawn:
        kinds.append("control")
    if row.best:
        kinds.append("best")
    if row.ranks:
        low, high = row.ranks
        notes.append(f"rank {low}" if low == high else f"rank {low}–{high}")
    return Value(
        mean=mean,
        std=std,
        order=row.mean,
        kinds=" ".join(kinds),
        published=row.published,
        difference=difference,
        notes=notes,
    )


def budget(row: Row) -> str:
    """How long the runs behind a value trained, and why they stopped; "" without a record."""
    records = [record for run in row.runs for record in run.records]
    if not records:
        return ""
    counts = sorted({record.get("iterations", 0) for record in records})
    words = [f"{' to '.join(f'{count:,}' for count in {counts[0]: 0, counts[-1]: 0})} iterations"]
    seconds = [record["seconds"] for record in records if record.get("seconds") is not None]
    if seconds:
        words.append(f"{number(sum(seconds) / len(seconds))} s")
    parts = row.runs[0].cell.parts
    if parts > 1:
        words.append(f"each of {parts} parts a run")
    reasons = sorted({str(record["stop_reason"]) for record in records})
    return f"{', '.join(words)} (stopped by: {', '.join(reasons)})"


def course(row: Row) -> str:
    """The value half-way through the training and at its end; "" if it was not followed."""
    pair = late(row.followed)
    if pair is None:
        return ""
    (when, half), (end, last) = pair
    return (
        f"from {number(half)} after {when:,} iterations to {number(last)} after {end:,}, in "
        "samples of the first run"
    )


def facts(row: Row, floor: Row | None, copying: str) -> dict[str, str]:
    """Subject -> text, for all that is known about a value.

    floor: the row of the floor in the same line. copying: the text about copies of the method.
    """
    value, published = value_of(row), row.published
    every = [number(one) for runs in row.values.values() for one in runs]
    shown = " ".join(filter(None, [value.mean, value.std]))
    suspect = published.suspect if published else ""
    found = {
        "value" if row.drawn else "ours": shown,
        "runs": f"{row.seeds} of {row.planned}: {', '.join(every)}" if row.planned > 1 else "",
        "published": f"{published.text}{' (suspect)' if suspect else ''}, {published.source}"
        if published
        else "",
        "suspect": suspect,
        "difference": value.difference and f"{value.difference}, ours less published",
        "floor": ""
        if floor is None or floor.mean is None or row.drawn
        else f"{number(floor.mean)}, of as many other real images",
        "copying": copying,
        "note": "; ".join(value.notes),
        "search": str(row.search or ""),
        "budget": budget(row),
        "late training": course(row),
        "rows judged": f"{row.few:,}, fewer than of a run" if row.few is not None else "",
    }
    return {key: text for key, text in found.items() if text}
