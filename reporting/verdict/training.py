"""Which trainings were still improving when they ended."""

from collections.abc import Sequence

from reporting import trends
from reporting.tables.cells import SIGNS, Row
from reporting.tables.numbers import number
from reporting.verdict.words import Finding, Titles, listed, methods


def improving(place: Sequence[Row], titles: Titles) -> list[Finding]:
    """Which methods' first runs were still improving (`reporting.trends.improving`).

    The first metric that has a good side and was followed along the training decides.
    """
    followed = [row for row in methods(place) if row.better in SIGNS and row.followed]
    found = []
    for row in followed:
        if row.metric != followed[0].metric or not trends.improving(
            row.followed, SIGNS[row.better]
        ):
            continue
        pair = trends.late(row.followed)
        assert pair is not None, "what improves was followed"
        (when, half), (end, last) = pair
        found.append(
            f"{titles(row.method)} ({number(half)} after {when:,} iterations, {number(last)} after "
            f"{end:,})"
        )
    if not found:
        return []
    metric = titles(followed[0].metric)
    return [Finding(f"still improving when training ended, by {metric}: {listed(found)}")]
