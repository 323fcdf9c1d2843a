"""Which method is best, and what is missing to say so."""

from collections.abc import Mapping, Sequence

from reporting.intervals import MOST, needed
from reporting.tables.cells import SIGNS, Row, between
from reporting.tables.numbers import number
from reporting.verdict.words import Finding, Titles, listed, mean, methods, repeats, seeds


def _best_first(line: Sequence[Row]) -> list[Row]:
    return sorted(methods(line), key=lambda row: SIGNS[row.better] * mean(row))


def single(place: Sequence[Row]) -> list[Finding]:
    """That nothing is ranked, if every method has one repeat."""
    found = methods(place)
    if not found or any(row.repeats > 1 for row in found):
        return []
    return [
        Finding(
            "one run per method, and another seed would give other values: nothing is ranked. Give "
            f"at least three seeds (seeds: {seeds(found[0])}: [0, 1, 2])"
        )
    ]


def _gaps(row: Row) -> str:
    """How many runs of a row have no value and why; "" if all have one."""
    count = row.planned - row.seeds
    if row.status == "ok" or not count:
        return ""
    verb = "has" if count == 1 else "have"
    return f"{count} of its {row.planned} runs {verb} no value ({row.status})"


def winner(line: Sequence[Row], titles: Titles, *wrong: Mapping[str, str]) -> list[Finding]:
    """Which method is best beyond doubt, and what speaks against it.

    wrong: mappings from a method to what is wrong with its samples, in words.
    """
    ordered = _best_first(line)
    best = next((row for row in ordered if row.leads), None)
    if best is None:
        return []
    second = next(row for row in ordered if row is not best)
    gaps = _gaps(best)
    against = [
        *(found.get(best.method, "") for found in wrong),
        gaps,
        "chance helped to choose its settings" if _flattered(best) else "",
    ]
    among = "of the runs that ended" if gaps else "beyond doubt"
    scope = " on this subset" if len(best.values) == 1 else ""
    return [
        Finding(
            f"{titles(best.method)} is best {among}{scope}",
            titles(best.metric),
            f"{number(mean(best))} against {number(mean(second))} of {titles(second.method)}, the "
            f"next; {repeats(best, second)}",
            "".join(f"; but {what}" for what in against if what),
        )
    ]


def undecided(line: Sequence[Row], titles: Titles) -> list[Finding]:
    """Which methods share the first rank, and what would tell the first two apart."""
    ordered = _best_first(line)
    unsure = [row for row in ordered if row.ranks is None or row.ranks[0] == 1]
    if len(unsure) < 2 or all(row.ranks is None for row in ordered):
        return []
    metric = titles(line[0].metric)
    in_order = [titles(row.method) for row in methods(line) if row in unsure]
    first, second = unsure[:2]
    if len({value for row in unsure for value in row.all}) == 1:
        return [Finding(f"{listed(in_order)} are equal", metric, number(mean(first)))]
    gap = between(first, second)
    pair = f"{titles(first.method)} from {titles(second.method)}"
    once = [row for row in unsure if row.ranks is None]
    claim = f"which is best is open: {listed(in_order)} cannot be told apart"
    if once:
        short = listed([titles(row.method) for row in methods(line) if row in once])
        return [Finding(claim, metric, end=f"; a second run is missing for {short}")]
    count, kind = needed(gap), seeds(first)
    if not gap.known:
        figures = f"more {kind} seeds on shared subsets are needed"
    elif gap.constant and gap.mean:
        figures = f"no test can tell {pair}: the runs of each agree to the last digit"
    elif gap.mean == 0 or count is None:
        figures = f"{MOST:,} {kind} seeds would not tell {pair}: take them as equal"
    else:
        here = min(first.repeats, second.repeats)
        figures = f"about {max(count, here + 1)} {kind} seeds would tell {pair}, {here} now"
    return [Finding(claim, metric, figures)]


def _flattered(row: Row) -> bool:
    return row.search is not None and row.search.best


def searched(place: Sequence[Row], titles: Titles) -> list[Finding]:
    """Which methods have settings that were chosen by the runs of this table."""
    found = {row.method: row.search for row in place if row.search and _flattered(row)}
    if not found:
        return []
    chosen = [f"{titles(name)} (the best of {search.tried})" for name, search in found.items()]
    criterion = titles(next(iter(found.values())).criterion)
    return [
        Finding(
            f"settings were chosen by {criterion} of the runs shown: {listed(chosen)}. The best "
            "of several is partly luck, so these values flatter: train the chosen settings with "
            "new seeds before you trust a rank"
        )
    ]
