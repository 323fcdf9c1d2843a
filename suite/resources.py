"""What a scheduler is asked for a job: minutes and memory, by rule and size.

Minutes come from the rates that `suite.cost` knows, doubled; they may be too few, since a training
that runs out of time goes on from its checkpoint.
"""

import json
import math
from functools import cache
from typing import Any

from suite.config import Config, method_entry
from suite.cost import EMBED, JOB, known_rates
from suite.method import Work
from suite.workflow import embeds, train_settings

LONGEST, UNKNOWN, MARGIN, SHORT = 1440, 240, 10, 60
"""Minutes: of a job at most, of one without a rate, of its start and files, of a short job."""
PROCESS = 3000
"""Memory of a process with its framework [MB]; those of results/reference peak at 0.5 to 1.6 GB."""
MATRICES = 16
"""Kernel matrices of 2n rows in float64 that a step holds at once, derivatives included."""


def training_minutes(config: Config, wildcards: Any, parts: int) -> int:
    """Minutes of a job that finds so many solutions, one after the other."""
    data = config.kind(wildcards.dataset).data
    settings = train_settings(config, wildcards)
    return _training(wildcards.method, settings, data, int(wildcards.n), parts)


@cache
def _training(variant: str, settings: str, data: str, n: int, parts: int) -> int:
    method = method_entry(variant)
    rate = known_rates().get((method.name, data))
    if rate is None or method.work is None:
        return UNKNOWN
    # Datasets may not be here yet: images count as 32 x 32 in colour.
    shape = (32, 32, 3) if data == "images" else (2,)
    work = method.work(method.settings.model_validate(json.loads(settings)), shape, n)
    return _minutes(rate.start + parts * (rate.seconds(work) - rate.start))


@cache
def judging_minutes(config_samples: int, embedding: bool) -> int:
    """Minutes of judging so many images thrice over: as a run, as controls, along a training."""
    rate = known_rates().get((EMBED, "images") if embedding else (JOB, ""))
    if rate is None:
        return UNKNOWN
    return _minutes(rate.seconds(Work(3 * config_samples, 1, 1.0)))


def judging(config: Config) -> int:
    """Minutes of a job that judges."""
    return judging_minutes(config.samples, embeds(config))


def _minutes(seconds: float) -> int:
    return min(LONGEST, MARGIN + math.ceil(2 * seconds / 60))


def training_memory(wildcards: Any) -> int:
    """Memory of a training [MB]: matrices for a method that has no networks to train."""
    n = int(wildcards.n)
    return PROCESS + math.ceil(MATRICES * (2 * n) ** 2 * 8 / 1e6)
