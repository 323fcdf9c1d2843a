"""The verdict: what the numbers of a table support, pure functions from rows to sentences.

Every sentence follows by rule from the rows of one line (dataset, n, metric) or of one place
(dataset, n). A method is called best only if it beats every other one. The other claims of one kind
in a line are corrected for their number, so that at most one line in 20 has a claim by chance
(`reporting.intervals`). Metrics that agree share a sentence, and so do places.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from reporting.tables.cells import SIGNS, Row
from reporting.verdict.ranking import searched, single, undecided, winner
from reporting.verdict.real import (
    beyond_real,
    collapse,
    copied,
    copying,
    spoiled,
    too_few,
    unmeasured,
    unsearched,
)
from reporting.verdict.training import improving
from reporting.verdict.words import Finding, Titles, listed, sentences


def _findings(place: Sequence[Row], titles: Titles, samples: int) -> list[Finding]:
    """The findings of one place. What is wrong with samples comes before any praise."""
    lines = [list(cells) for _, cells in groupby(place, key=lambda row: row.metric)]
    wrong, copies = spoiled(lines), copied(lines) | unsearched(place)
    ranked = [line for line in lines if line[0].better in SIGNS]
    found: list[list[Finding]] = [single(place)]
    found += [collapse(line, titles) for line in lines]
    found += [copying(line, titles) for line in lines]
    found += [winner(line, titles, copies, wrong) for line in ranked]
    found += [undecided(line, titles) for line in ranked]
    found += [beyond_real(line, titles, wrong) for line in lines]
    found += [searched(place, titles), improving(place, titles), unmeasured(place)]
    found += [too_few(place, titles, samples)]
    return [one for group in found for one in group]


def _where(places: Iterable[tuple[str, int]], titles: Titles) -> str:
    """MNIST, n = 64 and 128; CIFAR-10, n = 64."""
    sizes: dict[str, list[str]] = {}
    for dataset, n in places:
        sizes.setdefault(dataset, []).append(f"{n:,}")
    return "; ".join(f"{titles(dataset)}, n = {listed(found)}" for dataset, found in sizes.items())


def verdict(rows: Sequence[Row], titles: Titles, samples: int) -> list[str]:
    """Every sentence, with the places that it is about in front.

    rows: of a table, in its order. samples: number of rows of a run that are judged.
    """
    told: dict[str, list[tuple[str, int]]] = {}
    for where, group in groupby(rows, key=lambda row: (row.dataset, row.n)):
        for sentence in sentences(_findings(list(group), titles, samples)):
            told.setdefault(sentence, []).append(where)
    return [f"{_where(places, titles)}: {sentence}" for sentence, places in told.items()]
