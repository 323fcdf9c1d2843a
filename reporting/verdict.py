"""What the numbers of a table support, in sentences: pure functions from rows to words.

Every sentence follows by rule from the rows of one line (dataset, n, metric) or of one place
(dataset, n). A line's claims of one kind (which methods differ, which lie beyond a control) are
corrected for their number: chance makes one where there is nothing at most once in 20 times
(`reporting.intervals`).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby

from reporting.controls import FLOOR, FRESH
from reporting.intervals import LEVEL, Estimate, holm, needed, welch
from reporting.tables.cells import SIGNS, Row, between
from reporting.tables.numbers import number

GAIN = 0.05
"""Least relative gain in the second half of a training that counts as improving."""

Titles = Callable[[str], str]
"""A name of a method, dataset or metric -> what to call it."""


def listed(names: Sequence[str]) -> str:
    """A, B and C."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _methods(line: Sequence[Row]) -> list[Row]:
    return [row for row in line if not row.drawn and row.mean is not None]


def _control(line: Sequence[Row], name: str) -> Row | None:
    return next((row for row in line if row.method == name and row.mean is not None), None)


def _mean(row: Row) -> float:
    assert row.mean is not None  # rows without a value have been left out
    return row.mean


def _best_first(line: Sequence[Row]) -> list[Row]:
    return sorted(_methods(line), key=lambda row: SIGNS[row.better] * _mean(row))


def _repeats(row: Row) -> str:
    what = "run" if len(row.values) == 1 else "subset"
    return f"{row.repeats} {what}{'' if row.repeats == 1 else 's'}"


def single(place: Sequence[Row]) -> list[str]:
    """Nothing is ranked where every method has one repeat."""
    methods = [row for row in place if not row.drawn and row.mean is not None]
    if not methods or any(row.repeats > 1 for row in methods):
        return []
    seeds = "training" if len(methods[0].values) == 1 else "data"
    return [
        "one run a method, and another seed would land elsewhere: nothing is ranked. Give at least "
        f"three seeds (seeds: {seeds}: [0, 1, 2])."
    ]


def winner(line: Sequence[Row], titles: Titles, copied: Collection[str] = ()) -> list[str]:
    """Which method is best beyond doubt, and whether it is among those that copied."""
    ordered = _best_first(line)
    best = next((row for row in ordered if row.best), None)
    if best is None:
        return []
    second = next(row for row in ordered if row is not best)
    scope = " on this subset" if len(best.values) == 1 else ""
    return [
        f"{titles(best.method)} is best beyond doubt{scope}, {number(_mean(best))} against "
        f"{number(_mean(second))} of {titles(second.method)}, the next ({_repeats(best)} and "
        f"{_repeats(second)}){'; but it copies' if best.method in copied else ''}"
        f"{'; but chance helped to choose its settings' if _flattered(best) else ''}."
    ]


def undecided(line: Sequence[Row], titles: Titles) -> list[str]:
    """Which methods may all be the best, and how many seeds would tell the first two apart."""
    ordered = _best_first(line)
    unsure = [row for row in ordered if row.ranks is None or row.ranks[0] == 1]
    if len(unsure) < 2 or all(row.ranks is None for row in ordered):
        return []
    names = listed([titles(row.method) for row in unsure])
    if len({row.mean for row in unsure}) == 1:
        return [f"{names} are equal, {number(_mean(unsure[0]))}."]
    sentence = f"which is best is open: {names} cannot be told apart"
    once = [titles(row.method) for row in unsure if row.ranks is None]
    if once:
        return [f"{sentence}; a second seed is missing for {listed(once)}."]
    return [f"{sentence}. {_remedy(ordered, unsure, titles)}"]


def _remedy(ordered: Sequence[Row], unsure: Sequence[Row], titles: Titles) -> str:
    first, second = unsure[:2]
    gap = between(first, second)
    seeds = "training" if len(first.values) == 1 else "data"
    if gap is None or not gap.known:
        return f"More {seeds} seeds are needed to say how sure the difference is."
    count = needed(gap, len(ordered) * (len(ordered) - 1) // 2)
    pair = f"{titles(first.method)} from {titles(second.method)}"
    if count:
        here = min(first.repeats, second.repeats)
        more = max(count, here + 1)
        return f"To tell {pair}, about {more} {seeds} seeds would be needed ({here} now)."
    return f"No number of {seeds} seeds up to 1,000 would tell {pair}: take them as equal."


def _beside(row: Row, control: Row) -> Estimate | None:
    """Row less control: as other seeds would give it, or for the one run there is."""
    if row.repeats < 2 and row.sampled is not None and control.estimate is not None:
        return welch(row.sampled, control.estimate)
    return between(row, control)


def _surely(line: Sequence[Row], control: Row, sign: float) -> list[Row]:
    """Methods whose value, times `sign`, is above that of a control beyond doubt."""
    gaps = [(row, _beside(row, control)) for row in _methods(line)]
    known = [(row, gap) for row, gap in gaps if gap is not None and gap.known]
    doubts = holm([gap.doubt for _, gap in known])
    return [
        row
        for (row, gap), doubt in zip(known, doubts, strict=True)
        if doubt <= 1 - LEVEL and sign * gap.mean > 0
    ]


def _with_values(rows: Sequence[Row], titles: Titles) -> str:
    return listed([f"{titles(row.method)} ({number(_mean(row))})" for row in rows])


def _one_run(rows: Sequence[Row]) -> str:
    return " (as far as one run shows)" if any(row.repeats < 2 for row in rows) else ""


def _flattered(row: Row) -> bool:
    return row.search is not None and row.search.best


def searched(place: Sequence[Row], titles: Titles) -> list[str]:
    """Whose settings were chosen by the very runs that stand in the table."""
    found = {row.method: row.search for row in place if row.search and _flattered(row)}
    if not found:
        return []
    chosen = [f"{titles(name)} (the best of {search.tried})" for name, search in found.items()]
    criterion = titles(next(iter(found.values())).criterion)
    return [
        f"settings were chosen by {criterion} of the runs shown: {listed(chosen)}. The best of "
        "several is partly luck, so these values flatter: train the chosen settings with new seeds "
        "before you trust a rank."
    ]


def shows_copying(metric: str) -> bool:
    """Whether a metric is of the nearness to training images."""
    return metric == "am_ssim" or metric.startswith("copying_rate")


def copiers(line: Sequence[Row]) -> list[Row]:
    """Methods that are nearer to the training images than new real images are."""
    fresh = _control(line, FRESH)
    if fresh is None or not shows_copying(line[0].metric):
        return []
    return _surely(line, fresh, 1.0)


def copying(line: Sequence[Row], titles: Titles) -> list[str]:
    """Who copies."""
    found, fresh = copiers(line), _control(line, FRESH)
    if not found or fresh is None:
        return []
    verb = "copies" if len(found) == 1 else "copy"
    return [
        f"{_with_values(found, titles)} {verb}: nearer to the training images than new real images "
        f"are ({number(_mean(fresh))}){_one_run(found)}."
    ]


def below_floor(line: Sequence[Row], titles: Titles) -> list[str]:
    """Whose numbers are better than those of as many other real images."""
    floor = _control(line, FLOOR)
    sign = SIGNS.get(line[0].better)
    if floor is None or sign is None or floor.few is not None:
        return []
    found = _surely(line, floor, -sign)
    if not found:
        return []
    verb = "lies" if len(found) == 1 else "lie"
    return [
        f"{_with_values(found, titles)} {verb} beyond what other real images get "
        f"({number(_mean(floor))}){_one_run(found)}: that is nearness to the reference rows, not "
        "quality."
    ]


def improving(place: Sequence[Row], titles: Titles) -> list[str]:
    """Which first runs were at their best at the end, and gained in the second half.

    By the first metric that has a good side and was followed along the training.
    """
    followed = [row for row in _methods(place) if row.better in SIGNS and row.followed]
    found = []
    for row in followed:
        if row.metric != followed[0].metric:
            continue
        if row.second_half is None:
            continue
        sign, (half, last) = SIGNS[row.better], row.second_half
        best = min(sign * value for _, value in row.followed)
        if sign * last <= best and sign * (half - last) > GAIN * abs(half):
            found.append(f"{titles(row.method)} ({number(half)} to {number(last)})")
    if not found:
        return []
    return [
        "still improving in the second half of the training, by "
        f"{titles(followed[0].metric)}: {listed(found)}."
    ]


def too_few(place: Sequence[Row], titles: Titles, samples: int) -> list[str]:
    """Which controls were judged on fewer rows than the runs, and how many images are missing."""
    few = {row.method: row.few for row in place if row.few is not None}
    return [
        f"{titles(name)}: {count:,} against {samples:,} samples a run, and fewer rows change most "
        f"metrics: {samples - count:,} more would make them comparable."
        for name, count in few.items()
        if name in (FLOOR, FRESH)
    ]


def verdict(rows: Sequence[Row], titles: Titles, samples: int) -> list[str]:
    """Every sentence, each after the place that it is about.

    rows: of a table, in its order. samples: rows of a run that are judged.
    """
    sentences: list[str] = []

    def add(about: Iterable[str], found: Iterable[str]) -> None:
        sentences.extend(f"{', '.join(about)}: {sentence}" for sentence in found)

    for (dataset, n), group in groupby(rows, key=lambda row: (row.dataset, row.n)):
        place = list(group)
        where = [titles(dataset), f"n = {n:,}"]
        add(where, single(place))
        lines = [list(cells) for _, cells in groupby(place, key=lambda row: row.metric)]
        copied = {row.method for line in lines for row in copiers(line)}
        for line in lines:
            about = [*where, titles(line[0].metric)]
            if line[0].better in SIGNS:
                add(about, winner(line, titles, copied))
                add(about, undecided(line, titles))
            for rule in (copying, below_floor):
                add(about, rule(line, titles))
        add(where, searched(place, titles))
        add(where, improving(place, titles))
        add(where, too_few(place, titles, samples))
    return sentences
