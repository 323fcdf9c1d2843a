"""Expected duration of each job of the workflow, for the progress display."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace

from suite.planning.configuration import TRAIN, Config
from suite.planning.cost import control_images, evaluated_images, images, row_shapes, training
from suite.planning.known import EMBED, JOB, Rate, known_rates
from suite.planning.rules import embeds, evaluations
from suite.running.devices import asked

UNKNOWN = 60.0
"""Seconds of a job without a known rate."""

Expected = Callable[[str, Mapping[str, str], int], float]


def expected_seconds(config: Config) -> Expected:
    """A function from (rule, wildcards, parts) to the expected seconds of a job."""
    rates, shapes = known_rates(bool(asked(config.device))), row_shapes(config)
    follows = {evaluation.rule: evaluation.follows for evaluation in evaluations(config)}
    short = rates.get((JOB, ""), Rate(0.0, 0.0, UNKNOWN))
    embed = rates.get((EMBED, "images"), short) if embeds(config) else short

    def seconds(rule: str, wildcards: Mapping[str, str], parts: int) -> float:
        cell = SimpleNamespace(**wildcards)
        shape = shapes.get(wildcards.get("dataset", ""), ())
        rate = embed if len(shape) == 3 else short
        if rule == "controls":
            return rate.seconds(images(int(cell.n) + control_images(config, cell.dataset, cell.n)))
        if rule in follows:
            return rate.seconds(images(evaluated_images(config, cell, follows[rule])))
        if rule.startswith(TRAIN):
            found = training(config, cell, shape, rates)
            return found[0].seconds(found[1], parts) if found else UNKNOWN
        return short.seconds(images(1))

    return seconds
