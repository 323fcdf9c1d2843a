"""Methods compared with real images: copies, collapse, and values that real images do not reach."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from reporting.controls import FLOOR, FRESH
from reporting.intervals import LEVEL, Gap, beyond_doubt, welch
from reporting.runs import MetricValue
from reporting.tables.cells import SIGNS, Row, between
from reporting.tables.numbers import number
from reporting.verdict.words import Finding, Titles, control, does, listed, mean, methods
from suite.protocol.metric import METRICS

ALIKE = 0.5
"""Samples are called alike below this part of the diversity of real images. Two images, each
repeated equally often, have half of it."""
FAR = 0.25
"""A method is said to come near few real images below this part of their own coverage."""


@dataclass(frozen=True)
class Poor:
    """What it means that samples have less than a part of what real images have.

    wrong: what is wrong with the samples. verb: for one method, and for several. claim, end: the
    sentence behind the verb, up to the metric and after it.
    """

    part: float
    wrong: str
    verb: tuple[str, str]
    claim: str
    end: str


POOR = {
    "coverage": Poor(
        FAR,
        "its samples are near few real images",
        ("comes", "come"),
        "near few of the real images",
        ": modes are missing, or samples look like none of them",
    ),
    "diversity": Poor(
        ALIKE,
        "its samples are nearly alike",
        ("has", "have"),
        "collapsed: the samples of a run are nearly alike",
        ". Other values of few different images say little",
    ),
}
"""By what a metric shows (`Metric.shows`), the worst last."""
COPIES, DIVERSITY = "copies", "diversity"
"""The metrics that are missing where nobody looked for copies, or for samples that are alike."""


def _beside(row: Row, real: Row) -> Gap:
    """Row - control, with its error over other seeds or, for one run, over other samples of it."""
    if row.repeats < 2 and row.sampled is not None:
        return welch(row.sampled, real.estimate)
    return between(row, real)


def _surely(line: Sequence[Row], real: Row, sign: float) -> list[Row]:
    """Methods with sign * value > sign * (value of the control) beyond doubt."""
    gaps = [(row, _beside(row, real)) for row in methods(line)]
    sure = beyond_doubt([((row, gap), gap.doubt) for row, gap in gaps if gap.known])
    return [row for row, gap in sure if sign * gap.mean > 0]


def _numbers(rows: Sequence[Row]) -> str:
    return listed([number(mean(row)) for row in rows])


def shows(metric: str) -> str:
    """What a metric shows (`Metric.shows`); "" for one that is not registered."""
    known = METRICS.entries.get(metric)
    return "" if known is None else known.shows


def copiers(line: Sequence[Row]) -> dict[str, list[MetricValue]]:
    """Methods that copy -> the metric's entries of the runs that copy.

    Each run has its own p-value of no copies at all, from its samples and from new images
    (`metrics.shares`). So no spread between runs is needed, and shares of 0 and 1 are no special
    cases. The p-values of all runs of the line are corrected together and compared with 2.5 %, one
    end of a 95 % interval: the line accuses any method wrongly with a probability of at most 2.5 %.
    """
    if shows(line[0].metric) != "copies":
        return {}
    runs = [(row.method, run) for row in methods(line) for run in row.measured]
    known = [((method, run), run.doubt) for method, run in runs if run.doubt is not None]
    found: dict[str, list[MetricValue]] = {}
    for method, run in beyond_doubt(known, (1 - LEVEL) / 2):
        found.setdefault(method, []).append(run)
    return found


def copied(lines: Sequence[Sequence[Row]]) -> dict[str, str]:
    """Methods that copy -> the share of copies among their samples, in words.

    lines: the lines of one dataset and n, one for each metric.
    """
    return {
        row.method: f"{mean(row):.0%} of its samples are copies".replace("%", " %")
        for line in lines
        for row in methods(line)
        if row.method in copiers(line)
    }


def copying(line: Sequence[Row], titles: Titles) -> list[Finding]:
    """Which methods copy, how much, and in how many of their runs."""
    found = copiers(line)
    rows = [row for row in methods(line) if row.method in found]
    if not rows:
        return []
    shares = []
    for row in rows:
        runs = found[row.method]
        least = min(run.interval[0] for run in runs if run.interval is not None)
        where = f", in {len(runs)} of {row.seeds} runs" if row.seeds > 1 else ""
        shares.append(
            f"{titles(row.method)} {mean(row):.0%} of its samples, at least {least:.0%}{where}"
        )
    claim = does([titles(row.method) for row in rows], "copies", "copy") + " training images"
    figures = "; ".join(shares).replace("%", " %")
    return [Finding(claim, titles(line[0].metric), figures)]


def _low(line: Sequence[Row], part: float) -> dict[str, int]:
    """Methods with a value below part * (value of real images) -> in how many of their runs."""
    real = control(line, FRESH, FLOOR)
    if real is None:
        return {}
    counts = {
        row.method: sum(value < part * mean(real) for value in row.all) for row in methods(line)
    }
    return {method: count for method, count in counts.items() if count}


def spoiled(lines: Sequence[Sequence[Row]]) -> dict[str, str]:
    """Methods whose samples are alike, or near few real images -> what is wrong, in words.

    lines: the lines of one dataset and n, one for each metric.
    """
    return {
        method: poor.wrong
        for kind, poor in POOR.items()
        for line in lines
        if shows(line[0].metric) == kind
        for method in _low(line, poor.part)
    }


def collapse(line: Sequence[Row], titles: Titles) -> list[Finding]:
    """Which methods have samples that are nearly alike, or near few real images."""
    metric, real = line[0].metric, control(line, FRESH, FLOOR)
    poor = POOR.get(shows(metric))
    found = _low(line, poor.part) if poor else {}
    rows = [row for row in methods(line) if row.method in found]
    if real is None or poor is None or not rows:
        return []
    names = []
    for row in rows:
        some = f" (in {found[row.method]} of {row.seeds} runs)"
        names.append(titles(row.method) + (some if found[row.method] < row.seeds else ""))
    claim = f"{does(names, *poor.verb)} {poor.claim}"
    figures = f"{_numbers(rows)} against {number(mean(real))} of real images"
    return [Finding(claim, titles(metric), figures, poor.end)]


def beyond_real(
    line: Sequence[Row], titles: Titles, without: Mapping[str, str] | Collection[str] = ()
) -> list[Finding]:
    """Which methods have better values than as many other real images.

    without: methods that are left out, because their samples are wrong.
    """
    floor = control(line, FLOOR)
    sign = SIGNS.get(line[0].better)
    if floor is None or sign is None or floor.few is not None:
        return []
    found = [row for row in _surely(line, floor, -sign) if row.method not in without]
    if not found:
        return []
    names = [titles(row.method) for row in found]
    once = " (as far as one run shows)" if any(row.repeats < 2 for row in found) else ""
    return [
        Finding(
            f"{does(names, 'lies', 'lie')} beyond what other real images get",
            titles(line[0].metric),
            f"{_numbers(found)} against {number(mean(floor))}",
            f"{once}: that is nearness to the reference rows, not quality",
        )
    ]


def too_few(place: Sequence[Row], titles: Titles, samples: int) -> list[Finding]:
    """Which controls were judged on fewer rows than the runs, and how many more are needed."""
    few = {row.method: row.few for row in place if row.few is not None}
    return [
        Finding(
            f"{titles(name)}: {count:,} against {samples:,} samples a run, and fewer rows change "
            f"most metrics: {samples - count:,} more would make them comparable"
        )
        for name, count in few.items()
        if name in (FLOOR, FRESH)
    ]


def _unmeasured(place: Sequence[Row]) -> list[str]:
    """Which of `copies` and `diversity` judged no method; none if no images were made."""
    used = {row.metric for row in methods(place)}
    known = [METRICS.entries[metric] for metric in used if metric in METRICS.entries]
    if not any(metric.data == "images" for metric in known):
        return []
    shown = {metric.shows for metric in known}
    return [name for name in (COPIES, DIVERSITY) if name not in shown]


def unsearched(place: Sequence[Row]) -> dict[str, str]:
    """Every method -> "nobody looked for copies", if methods make images and nobody did."""
    if COPIES not in _unmeasured(place):
        return {}
    return dict.fromkeys((row.method for row in methods(place)), "nobody looked for copies")


def unmeasured(place: Sequence[Row]) -> list[Finding]:
    """That nobody looked for copies, or for samples that are alike, if methods make images."""
    missing = _unmeasured(place)
    if not missing:
        return []
    words = " or ".join({COPIES: "copies", DIVERSITY: "alike"}[name] for name in missing)
    metrics = listed(missing)
    return [Finding(f"whether samples are {words} was not measured: add {metrics} to the metrics")]
