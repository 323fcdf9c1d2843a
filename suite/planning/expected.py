"""Expected duration of each job of the workflow, for the progress display."""

from collections.abc import Callable, Mapping

import numpy as np

from suite.planning.configuration import Config, cells
from suite.planning.cost import images_of, training_seconds
from suite.planning.known import EMBED, JOB, Rate, known_rates
from suite.planning.rules import judgings
from suite.protocol.method import Work
from suite.running.devices import asked

UNKNOWN = 60.0
"""Seconds of a job without a known rate."""

Expected = Callable[[str, Mapping[str, str], int], float]


def _shape(config: Config, dataset: str) -> tuple[int, ...]:
    """Shape of a row of a dataset."""
    kind, settings = config.kind(dataset), config.source(dataset)
    if kind.data == "points":
        return (2,)
    if kind.files(settings) is None:
        return kind.shape(settings)
    return kind.open(settings, "train").read(np.array([0])).shape[1:]


def expected_seconds(config: Config) -> Expected:
    """A function from (rule, wildcards, parts) to the expected seconds of a job."""
    rates = known_rates(bool(asked(config.device)))
    table = {(c.experiment, c.dataset, str(c.n), c.method): c for c in cells(config)}
    follows = {judging.rule: "trajectory" in judging.files for judging in judgings(config)}
    shapes = {name: _shape(config, name) for name in config.datasets}
    short = rates.get((JOB, ""), Rate(0.0, 0.0, UNKNOWN))
    embed = rates.get((EMBED, "images"), short)

    def seconds(rule: str, wildcards: Mapping[str, str], parts: int) -> float:
        dataset, n = wildcards.get("dataset", ""), wildcards.get("n", "0")
        judge = embed if len(shapes.get(dataset, ())) == 3 else short
        if rule == "controls":
            return judge.seconds(Work(int(n) + 2 * config.samples, 1, 1.0))
        key = (wildcards.get("experiment", ""), dataset, n, wildcards.get("method", ""))
        cell = table.get(key)
        if cell is None:
            return short.seconds(Work(1, 1, 1.0))
        if rule in follows:
            images = images_of(config, cell, followed=follows[rule])
            return judge.seconds(Work(images, 1, 1.0))
        if rule.startswith("train_"):
            found = training_seconds(config, cell, shapes[dataset], rates, {})
            return UNKNOWN if found is None else found[0] + parts * found[1]
        return short.seconds(Work(1, 1, 1.0))

    return seconds
