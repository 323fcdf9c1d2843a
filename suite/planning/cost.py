"""The expected cost of a configuration: jobs, hours, disk space and the time until the end.

The time of a training is iterations * steps * (a + b * size) + start, by
`suite.protocol.method.Work`.
a, b and start are rates. They come from this machine where it has been measured (`python -m suite
measure`, or runs below results/), otherwise from the files that come with the suite.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.planning.configuration import (
    Cell,
    Config,
    augmentations,
    cells,
    method_entry,
    settings_of,
    shares,
)
from suite.planning.known import EMBED, HERE, JOB, Rate
from suite.protocol.method import Method, Work, late, snapshot_iterations
from suite.protocol.metric import METRICS
from suite.protocol.settings import Settings, parse
from suite.running.devices import asked
from suite.running.errors import InputError
from suite.running.files import read_json
from suite.running.provenance import machine

SHOWN = 256
"""Most rows in a snapshot of GA-NTK with a generator."""


@dataclass(frozen=True)
class Item:
    """Jobs of one kind.

    seconds: time of one job, None without a rate. bytes: what one job writes. experiment: the one
    experiment they belong to, or "". on_gpu: whether a job holds a GPU. whose: the machine that the
    rate was measured on.
    """

    what: str
    jobs: int
    seconds: float | None
    bytes: int
    experiment: str = ""
    on_gpu: bool = False
    whose: str = ""


def past_seconds(results: Path) -> dict[tuple[Any, ...], float]:
    """Seconds of an iteration in the runs that this machine has finished below `results`.

    The key is all that the time depends on (`_same_work`): a time is used for the same work only.
    """
    found: dict[tuple[Any, ...], float] = {}
    for path in sorted(results.glob("*/runs/**/run.json")):
        record = read_json(path)
        rate = record.get("iterations_per_second")
        if record.get("machine") != machine() or not rate:
            continue
        try:
            method = method_entry(record["method"])
            settings = parse(method.settings, record["settings"], str(path))
        except InputError:  # a method, or a setting, that there is no more
            continue
        if method.work is None:
            continue
        shape = tuple(record["data"]["shape"])
        work = method.work(settings, shape, record["data"]["n"])
        on_gpu = "cpu" not in record["device"]
        found[_same_work(method, settings, shape, work, on_gpu)] = 1 / rate
    return found


def _same_work(
    method: Method[Any], settings: Settings, shape: tuple[int, ...], work: Work, on_gpu: bool
) -> tuple[Any, ...]:
    """All that the time of an iteration depends on: everything but the number of iterations."""
    others = settings.model_dump_json(exclude={method.budget})
    return method.name, others, shape, round(work.size, 6), on_gpu


def shown_rows(method: Method[Any], settings: Settings, n: int) -> int:
    """Rows of a snapshot of one solution.

    For a method with a generator this is its `snapshot_rows`, or at most `SHOWN`; for others n.
    """
    rows = n if method.sample is None else min(n, SHOWN)
    return getattr(settings, "snapshot_rows", None) or rows


def images_followed(method: Method[Any], settings: Settings, n: int) -> int:
    """Rows that are judged along a training: those of its start and of every snapshot."""
    return (getattr(settings, "snapshots", 0) + 1) * shown_rows(method, settings, n)


def images_judged(config: Config, method: Method[Any], settings: Settings) -> int:
    """Rows of a run that are embedded, including those that choose its snapshot."""
    if config.best_snapshot is None:
        return config.samples
    budget, snapshots = getattr(settings, method.budget), getattr(settings, "snapshots", 0)
    moments = snapshot_iterations(budget, snapshots)
    return config.samples + config.best_snapshot.rows * len(late(moments))


def images_of(config: Config, cell: Cell, followed: bool) -> int:
    """Rows that one job judges of a run. followed: whether it judges every snapshot too."""
    method = method_entry(cell.method)
    settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
    images = images_judged(config, method, settings)
    return images + images_followed(method, settings, cell.n) if followed else images


def _data(shape: tuple[int, ...]) -> str:
    return "images" if len(shape) == 3 else "points"


def training_seconds(
    config: Config,
    cell: Cell,
    shape: tuple[int, ...],
    rates: Mapping[tuple[str, str], Rate],
    past: Mapping[tuple[Any, ...], float],
) -> tuple[float, float, str] | None:
    """Seconds of a job's start, seconds of each solution, and the machine of the rate.

    None if no rate is known.
    """
    method = method_entry(cell.method)
    rate = rates.get((method.name, _data(shape)))
    if method.work is None or rate is None:
        return None
    settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
    work = method.work(settings, shape, cell.n)
    on_gpu = bool(asked(config.device))
    seconds = past.get(_same_work(method, settings, shape, work, on_gpu))
    if seconds is None:
        return rate.start, rate.seconds(work) - rate.start, rate.whose
    return rate.start, work.iterations * seconds, HERE


def estimate(
    config: Config,
    shapes: Mapping[str, tuple[int, ...]],
    rates: Mapping[tuple[str, str], Rate],
    past: Mapping[tuple[Any, ...], float],
) -> list[Item]:
    """Every kind of job of a configuration.

    shapes: shape of a row by dataset; cells of datasets that are not there are left out.
    """
    on_gpu = bool(asked(config.device))
    embeds = any(METRICS.lookup(name).extractor == "inception" for name in config.metrics)
    job, embed = rates.get((JOB, "")), rates.get((EMBED, "images"))
    runs = len(config.seeds.data) * len(config.seeds.training)
    items: list[Item] = []

    def judging(
        what: str, jobs: int, images: int, shape: tuple[int, ...], experiment: str = ""
    ) -> Item:
        embedded = len(shape) == 3 and embeds
        known = embed if embedded else job
        seconds = None if known is None else known.seconds(Work(images, 1, 1.0))
        whose = "" if known is None else known.whose
        return Item(what, jobs, seconds, 20_000, experiment, on_gpu and embedded, whose)

    for cell in cells(config):
        if cell.dataset not in shapes:
            continue
        shape = shapes[cell.dataset]
        settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
        row = math.prod(shape) * (1 if len(shape) == 3 else 4)
        place = f"{cell.method} on {cell.n} rows of {cell.dataset}"
        rows = config.samples if cell.parts == 1 else cell.n
        seen = images_followed(method_entry(cell.method), settings, cell.n)
        cost = training_seconds(config, cell, shape, rates, past)
        jobs = Counter(len(share) for share in shares(config, cell.parts))
        for parts, number in jobs.items():
            seconds = None if cost is None else cost[0] + parts * cost[1]
            what = f"train {place}" if cell.parts == 1 else f"train {place}, {parts} solutions each"
            left = parts * row * (rows + seen)
            whose = "" if cost is None else cost[2]
            items.append(Item(what, runs * number, seconds, left, cell.experiment, on_gpu, whose))
        followed = config.best_snapshot is None
        for what, number, along in (
            (f"judge and follow {place}", int(followed), True),
            (f"judge {place}", runs - followed, False),
        ):
            if number:
                images = images_of(config, cell, along)
                items.append(judging(what, number, images, shape, cell.experiment))
    subsets = dict.fromkeys((c.dataset, c.n) for c in cells(config) if c.dataset in shapes)
    seeds = len(config.seeds.data)
    for dataset, n in subsets:
        images = n + (2 + len(augmentations(config, dataset, n))) * config.samples
        items.append(judging(f"controls of {n} rows of {dataset}", seeds, images, shapes[dataset]))
    few = job.seconds(Work(1, 1, 1.0)) if job else None
    whose = job.whose if job else ""
    drawn = seeds * len(subsets) + 2 * len({dataset for dataset, _ in subsets})
    items.append(Item("draw subsets", drawn, few, 200_000, whose=whose))
    reports = 4 + embeds + 2 * len(config.experiments)
    items.append(Item("tables, figures, report", reports, few, 500_000, whose=whose))
    return items


def wait(items: Iterable[Item], cores: int, gpus: int = 1) -> float:
    """Seconds until the end: all work spread over the cores, or over the GPUs, by what it needs,
    but no less than the longest job."""
    known = [(item.jobs, item.seconds, item.on_gpu) for item in items if item.seconds is not None]
    sums = [sum(jobs * s for jobs, s, gpu in known if gpu is which) for which in (False, True)]
    return max([sums[0] / cores, sums[1] / gpus, *(seconds for _, seconds, _ in known)])


def duration(seconds: float) -> str:
    """A time for reading.

    >>> duration(75), duration(4000), duration(400_000)
    ('75 s', '67 min', '4.6 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def many(cores: int) -> str:
    """A number of cores for reading."""
    return f"{cores} core{'s' if cores > 1 else ''}"
