"""Methods compared with real images: copies, collapse, and values that real images do not reach."""

from collections.abc import Collection, Mapping, Sequence

from reporting.controls import FLOOR, FRESH
from reporting.intervals import LEVEL, Gap, holm, welch
from reporting.runs import MetricValue
from reporting.tables.cells import SIGNS, Row, between
from reporting.tables.numbers import number
from reporting.verdict.words import Finding, Titles, control, listed, mean, methods
from suite.protocol.metric import METRICS

ALIKE = 0.5
"""Samples are called alike below this part of the diversity of real images. Two images, each
repeated equally often, have half of it."""
FAR = 0.25
"""A method is said to come near few real images below this part of their own coverage."""
COPIES, DIVERSITY = "copies", "diversity"
"""The metrics that are missing where nobody looked for copies, or for samples that are alike."""


def _beside(row: Row, real: Row) -> Gap | None:
    """Row - control, with its error over other seeds or, for one run, over other samples of it."""
    if row.repeats < 2 and row.sampled is not None and real.estimate is not None:
        return welch(row.sampled, real.estimate)
    return between(row, real)


def _surely(line: Sequence[Row], real: Row, sign: float) -> list[Row]:
    """Methods with sign * value > sign * (value of the control) beyond doubt."""
    gaps = [(row, _beside(row, real)) for row in methods(line)]
    known = [(row, gap) for row, gap in gaps if gap is not None and gap.known]
    doubts = holm([gap.doubt for _, gap in known])
    return [
        row
        for (row, gap), doubt in zip(known, doubts, strict=True)
        if doubt <= 1 - LEVEL and sign * gap.mean > 0
    ]


def _one_run(rows: Sequence[Row]) -> str:
    return " (as far as one run shows)" if any(row.repeats < 2 for row in rows) else ""


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
    known = [(method, run, run.doubt) for method, run in runs if run.doubt is not None]
    found: dict[str, list[MetricValue]] = {}
    corrected = holm([doubt for *_, doubt in known])
    for (method, run, _), doubt in zip(known, corrected, strict=True):
        if doubt <= (1 - LEVEL) / 2:
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
    verb = "copies" if len(rows) == 1 else "copy"
    claim = f"{listed([titles(row.method) for row in rows])} {verb} training images"
    return [Finding(claim, titles(line[0].metric), "; ".join(shares).replace("%", " %"))]


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
    found: dict[str, str] = {}
    for line in lines:
        if shows(line[0].metric) == "coverage":
            found |= dict.fromkeys(_low(line, FAR), "its samples are near few real images")
    for line in lines:
        if shows(line[0].metric) == "diversity":
            found |= dict.fromkeys(_low(line, ALIKE), "its samples are nearly alike")
    return found


def collapse(line: Sequence[Row], titles: Titles) -> list[Finding]:
    """Which methods have samples that are nearly alike, or near few real images."""
    metric, real = line[0].metric, control(line, FRESH, FLOOR)
    alike = shows(metric) == "diversity"
    if real is None or not (alike or shows(metric) == "coverage"):
        return []
    found = _low(line, ALIKE if alike else FAR)
    rows = [row for row in methods(line) if row.method in found]
    if not rows:
        return []
    names = [
        titles(row.method)
        + (
            f" (in {found[row.method]} of {row.seeds} runs)"
            if found[row.method] < row.seeds
            else ""
        )
        for row in rows
    ]
    figures = (
        f"{listed([number(mean(row)) for row in rows])} against {number(mean(real))} of real images"
    )
    has = "has" if len(rows) == 1 else "have"
    verb = "comes" if len(rows) == 1 else "come"
    if alike:
        claim = f"{listed(names)} {has} collapsed: the samples of a run are nearly alike"
        end = ". Other values of few different images say little"
    else:
        claim = f"{listed(names)} {verb} near few of the real images"
        end = ": modes are missing, or samples look like none of them"
    return [Finding(claim, titles(metric), figures, end)]


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
    verb = "lies" if len(found) == 1 else "lie"
    return [
        Finding(
            f"{listed([titles(row.method) for row in found])} {verb} beyond what other real images "
            "get",
            titles(line[0].metric),
            f"{listed([number(mean(row)) for row in found])} against {number(mean(floor))}",
            f"{_one_run(found)}: that is nearness to the reference rows, not quality",
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
    words = {COPIES: "copies", DIVERSITY: "alike"}
    return [
        Finding(
            f"whether samples are {' or '.join(words[name] for name in missing)} was not measured: "
            f"add {listed(missing)} to the metrics"
        )
    ]
