"""The expected cost of a configuration: jobs, hours, disk space and the time until the end.

The time of a job follows from its `Work` (`suite.protocol.method`) and a rate
(`suite.planning.known`).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from suite.planning.configuration import (
    TRAIN,
    Config,
    augmentations,
    cells,
    method_entry,
    settings_of,
    shares,
)
from suite.planning.jobs import embeds, evaluations
from suite.planning.known import EMBED, JOB, Rate, Rates, known_rates
from suite.protocol.method import Shape, Work, late, snapshot_iterations
from suite.running.devices import asked

UNKNOWN = 60.0
"""Seconds of a job without a known rate, for the progress display."""
TRAINING = "train {method} on {n} rows of {dataset}"
EVALUATE = {
    False: "evaluate {method} on {n} rows of {dataset}",
    True: "evaluate {method} on {n} rows of {dataset}, with snapshots",
}
"""Whether every snapshot is evaluated too -> the kind of job."""
CONTROLS, REPORT = "controls of {n} rows of {dataset}", "tables, figures, report"


def images(count: int) -> Work:
    """The work of embedding or comparing images."""
    return Work(count, 1, 1.0)


ONE = images(1)
"""The work of a job without training or images."""


@dataclass(frozen=True)
class Item:
    """Jobs of one kind.

    bytes: size of what one job writes. rate: None if it is not known. work: the work of one job,
    which it does `times` times. experiment: the experiment of the jobs, "" if several need them.
    on_gpu: whether a job uses a GPU.
    """

    what: str
    jobs: int
    bytes: int
    rate: Rate | None
    work: Work = ONE
    times: int = 1
    experiment: str = ""
    on_gpu: bool = False

    @property
    def seconds(self) -> float | None:
        """Time of one job; None if its rate is not known."""
        return None if self.rate is None else self.rate.seconds(self.work, self.times)


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
    return rate, method.work(settings_of(config, cell), shape, int(cell.n))


def evaluated_images(config: Config, cell: Any, followed: bool) -> int:
    """Number of generated images that one evaluation job reads.

    cell: a `Cell`, or the wildcards of a rule.
    followed: whether the job evaluates every snapshot too.
    """
    settings, count = settings_of(config, cell), config.samples
    if config.best_snapshot is not None:
        budget = getattr(settings, method_entry(cell.method).budget)
        moments = snapshot_iterations(budget, settings.snapshots)
        count += config.best_snapshot.rows * len(late(moments))
    if followed:
        count += (settings.snapshots + 1) * settings.snapshot_size(int(cell.n))
    return count


def control_images(config: Config, dataset: str, n: int | str) -> int:
    """Number of real images that the controls of a subset read, beside the subset."""
    return (2 + len(augmentations(config, dataset, n))) * config.samples


def _together(parts: int) -> str:
    return f", {parts} solutions each" if parts > 1 else ""


def estimate(config: Config, shapes: Mapping[str, Shape], rates: Rates) -> list[Item]:
    """Every kind of job of a configuration. shapes: dataset -> shape of a row."""
    on_gpu = bool(asked(config.device))
    runs = len(config.seeds.data) * len(config.seeds.training)
    short = rates.get((JOB, ""))
    items: list[Item] = []

    def evaluate(what: str, jobs: int, count: int, shape: Shape, experiment: str = "") -> None:
        embedded = len(shape) == 3 and embeds(config)
        rate, gpu = rates.get((EMBED, "images")) if embedded else short, on_gpu and embedded
        work = images(count)
        items.append(Item(what, jobs, 20_000, rate, work, experiment=experiment, on_gpu=gpu))

    for cell in cells(config):
        shape, settings = shapes[cell.dataset], settings_of(config, cell)
        rows = config.samples if cell.parts == 1 else cell.n
        rows += (settings.snapshots + 1) * settings.snapshot_size(cell.n)
        size = math.prod(shape) * (1 if len(shape) == 3 else 4) * rows
        rate, work = training(config, cell, shape, rates) or (None, images(0))
        for parts, number in Counter(map(len, shares(config, cell.parts))).items():
            what, jobs = TRAINING.format(**vars(cell)) + _together(parts), runs * number
            items.append(Item(what, jobs, parts * size, rate, work, parts, cell.experiment, on_gpu))
        first = int(config.best_snapshot is None)
        for followed, jobs in ((True, first), (False, runs - first)):
            count = evaluated_images(config, cell, followed)
            evaluate(EVALUATE[followed].format(**vars(cell)), jobs, count, shape, cell.experiment)
    subsets = dict.fromkeys((cell.dataset, cell.n) for cell in cells(config))
    seeds = len(config.seeds.data)
    for dataset, n in subsets:
        count = n + control_images(config, dataset, n)
        evaluate(CONTROLS.format(n=n, dataset=dataset), seeds, count, shapes[dataset])
    drawn = seeds * len(subsets) + 2 * len({dataset for dataset, _ in subsets})
    items.append(Item("draw subsets", drawn, 200_000, short))
    reports = 4 + embeds(config) + 2 * len(config.experiments)
    items.append(Item(REPORT, reports, 500_000, short))
    return [item for item in items if item.jobs]


def expected_seconds(config: Config) -> Callable[[str, Mapping[str, str], int], float]:
    """A function from (rule, wildcards, parts) to the expected seconds of a job."""
    items = estimate(config, row_shapes(config), known_rates(bool(asked(config.device))))
    known = {(item.experiment, item.what): item.seconds for item in items}
    follows = {evaluation.rule: evaluation.follows for evaluation in evaluations(config)}

    def seconds(rule: str, wildcards: Mapping[str, str], parts: int) -> float:
        experiment, what = "", REPORT
        if rule == "controls":
            what = CONTROLS.format(**wildcards)
        elif rule in follows:
            experiment, what = wildcards["experiment"], EVALUATE[follows[rule]].format(**wildcards)
        elif rule.startswith(TRAIN):
            experiment = wildcards["experiment"]
            what = TRAINING.format(**wildcards) + _together(parts)
        return known.get((experiment, what)) or UNKNOWN

    return seconds


def wait(items: Iterable[Item], cores: int, gpus: int = 1) -> float:
    """Time until the end [s]: the work spread over the cores or GPUs, at least the longest job."""
    known = [(item.jobs, item.seconds, item.on_gpu) for item in items if item.seconds is not None]
    sums = [sum(jobs * s for jobs, s, gpu in known if gpu is which) for which in (False, True)]
    return max([sums[0] / cores, sums[1] / gpus, *(seconds for _, seconds, _ in known)])


def many(cores: int) -> str:
    """A number of cores for reading."""
    return f"{cores} core{'s' if cores > 1 else ''}"
