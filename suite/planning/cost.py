"""The expected cost of a configuration: jobs, hours, disk space and the time until the end.

The time of a job follows from its `Work` (`suite.protocol.method`) and a rate
(`suite.planning.known`).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from suite.planning.configuration import (
    Config,
    augmentations,
    cells,
    method_entry,
    settings_of,
    shares,
)
from suite.planning.known import EMBED, JOB, Rate, Rates
from suite.planning.rules import embeds
from suite.protocol.method import Work, late, snapshot_iterations
from suite.running.devices import asked

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Item:
    """Jobs of one kind.

    seconds: time of one job; None if no rate is known. bytes: size of what one job writes.
    experiment: the experiment of the jobs, "" if several need them. on_gpu: whether a job uses a
    GPU. whose: the machine of the rate.
    """

    what: str
    jobs: int
    seconds: float | None
    bytes: int
    experiment: str = ""
    on_gpu: bool = False
    whose: str = ""


def row_shapes(config: Config) -> dict[str, Shape]:
    """The row shape of each dataset. Files that are not downloaded yet are not needed."""
    shapes: dict[str, Shape] = {}
    for name in config.datasets:
        kind, settings = config.kind(name), config.source(name)
        if kind.data == "points":
            shapes[name] = (2,)
        elif kind.files(settings) is None:
            shapes[name] = kind.shape(settings)
        else:
            shapes[name] = kind.open(settings, "train").read(np.array([0])).shape[1:]
    return shapes


def training(config: Config, cell: Any, shape: Shape, rates: Rates) -> tuple[Rate, Work] | None:
    """The rate of a training, and the work of one solution; None if no rate is known.

    cell: a `Cell`, or the wildcards of a rule.
    """
    method = method_entry(cell.method)
    rate = rates.get((method.name, "images" if len(shape) == 3 else "points"))
    if rate is None or method.work is None:
        return None
    settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
    return rate, method.work(settings, shape, int(cell.n))


def images(count: int) -> Work:
    """The work of embedding or comparing images."""
    return Work(count, 1, 1.0)


def evaluated_images(config: Config, cell: Any, followed: bool) -> int:
    """Number of generated images that one evaluation job reads.

    cell: a `Cell`, or the wildcards of a rule.
    followed: whether the job evaluates every snapshot too.
    """
    method = method_entry(cell.method)
    settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
    count = config.samples
    if config.best_snapshot is not None:
        moments = snapshot_iterations(getattr(settings, method.budget), settings.snapshots)
        count += config.best_snapshot.rows * len(late(moments))
    if followed:
        count += (settings.snapshots + 1) * settings.snapshot_size(int(cell.n))
    return count


def control_images(config: Config, dataset: str, n: int | str) -> int:
    """Number of real images that the controls of a subset read, beside the subset."""
    return (2 + len(augmentations(config, dataset, n))) * config.samples


def estimate(config: Config, shapes: Mapping[str, Shape], rates: Rates) -> list[Item]:
    """Every kind of job of a configuration.

    shapes: dataset -> shape of a row. Cells of other datasets are left out.
    """
    on_gpu = bool(asked(config.device))
    runs = len(config.seeds.data) * len(config.seeds.training)
    items: list[Item] = []

    def add(
        what: str,
        jobs: int,
        rate: Rate | None,
        work: Work,
        size: int,
        experiment: str = "",
        gpu: bool = False,
        times: int = 1,
    ) -> None:
        seconds, whose = (rate.seconds(work, times), rate.whose) if rate else (None, "")
        if jobs:
            items.append(Item(what, jobs, seconds, size, experiment, gpu, whose))

    def evaluate(what: str, jobs: int, count: int, shape: Shape, experiment: str = "") -> None:
        embedded = len(shape) == 3 and embeds(config)
        rate = rates.get((EMBED, "images") if embedded else (JOB, ""))
        add(what, jobs, rate, images(count), 20_000, experiment, on_gpu and embedded)

    chosen = [cell for cell in cells(config) if cell.dataset in shapes]
    for cell in chosen:
        shape = shapes[cell.dataset]
        settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
        place = f"{cell.method} on {cell.n} rows of {cell.dataset}"
        rows = config.samples if cell.parts == 1 else cell.n
        rows += (settings.snapshots + 1) * settings.snapshot_size(cell.n)
        size = math.prod(shape) * (1 if len(shape) == 3 else 4) * rows
        rate, work = training(config, cell, shape, rates) or (None, images(0))
        for parts, number in Counter(map(len, shares(config, cell.parts))).items():
            what = f"train {place}" + (f", {parts} solutions each" if cell.parts > 1 else "")
            jobs = runs * number
            add(what, jobs, rate, work, parts * size, cell.experiment, on_gpu, parts)
        first = int(config.best_snapshot is None)
        count = evaluated_images(config, cell, followed=True)
        evaluate(f"evaluate {place}, with snapshots", first, count, shape, cell.experiment)
        count = evaluated_images(config, cell, followed=False)
        evaluate(f"evaluate {place}", runs - first, count, shape, cell.experiment)
    subsets = dict.fromkeys((cell.dataset, cell.n) for cell in chosen)
    seeds = len(config.seeds.data)
    for dataset, n in subsets:
        count = n + control_images(config, dataset, n)
        evaluate(f"controls of {n} rows of {dataset}", seeds, count, shapes[dataset])
    drawn = seeds * len(subsets) + 2 * len({dataset for dataset, _ in subsets})
    add("draw subsets", drawn, rates.get((JOB, "")), images(1), 200_000)
    reports = 4 + embeds(config) + 2 * len(config.experiments)
    add("tables, figures, report", reports, rates.get((JOB, "")), images(1), 500_000)
    return items


def wait(items: Iterable[Item], cores: int, gpus: int = 1) -> float:
    """Time until the end [s]: the work spread over the cores or GPUs, at least the longest job."""
    known = [(item.jobs, item.seconds, item.on_gpu) for item in items if item.seconds is not None]
    sums = [sum(jobs * s for jobs, s, gpu in known if gpu is which) for which in (False, True)]
    return max([sums[0] / cores, sums[1] / gpus, *(seconds for _, seconds, _ in known)])


def many(cores: int) -> str:
    """A number of cores for reading."""
    return f"{cores} core{'s' if cores > 1 else ''}"
