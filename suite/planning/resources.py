"""What a scheduler is asked for a job: minutes and memory, by rule and size.

Minutes come from the rates that `suite.planning.cost` knows, doubled; they may be too few, since a
training that runs out of time goes on from its checkpoint, and a job that judges gets more at each
attempt.
"""

import json
import math
from functools import cache
from typing import Any

from suite.planning.configuration import MOST_HELD, Config, method_entry, settings_of
from suite.planning.cost import images_followed, images_judged
from suite.planning.identity import method_settings, source_kind, source_settings
from suite.planning.known import EMBED, JOB, known_rates
from suite.planning.rules import Judging, embeds, references
from suite.protocol.method import Work
from suite.protocol.source import SOURCES

LONGEST, UNKNOWN, MARGIN, SHORT = 1440, 240, 10, 60
"""Minutes: of a job at most, of one without a rate, of its start and files, of a short job."""
WHOLE = 60_000
"""Rows of a training split that has yet to be downloaded: MNIST's."""
PROCESS = 3000
"""Memory of a process with its framework [MB]; those of results/reference peak at 0.5 to 1.6 GB."""
MATRICES = 16
"""Kernel matrices of 2n rows in float64 that a step holds at once, derivatives included."""


def training_minutes(config: Config, wildcards: Any, parts: int) -> int:
    """Minutes of a job that finds so many solutions, one after the other."""
    data = config.kind(wildcards.dataset).data
    settings = method_settings(config, wildcards)
    on_gpu = config.device == "gpu"
    return _training(wildcards.method, settings, data, int(wildcards.n), parts, on_gpu)


@cache
def _training(variant: str, settings: str, data: str, n: int, parts: int, on_gpu: bool) -> int:
    method = method_entry(variant)
    rate = known_rates(on_gpu).get((method.name, data))
    if rate is None or method.work is None:
        return UNKNOWN
    # Datasets may not be here yet: images count as 32 x 32 in colour.
    shape = (32, 32, 3) if data == "images" else (2,)
    work = method.work(method.settings.model_validate(json.loads(settings)), shape, n)
    return _minutes(rate.start + parts * (rate.seconds(work) - rate.start))


def judging_minutes(config: Config, wildcards: Any, images: int, attempt: int) -> int:
    """Minutes of a job that judges so many images beside the sets that they are compared with."""
    kind, settings = source_kind(config, wildcards), source_settings(config, wildcards)
    for reference in references(config):
        if reference == "class":
            images += _whole(kind, settings)
        else:
            images += config.datasets[wildcards.dataset].heldout or MOST_HELD
    return min(LONGEST, attempt * _judging(images + int(wildcards.n), embeds(config)))


@cache
def _whole(kind: str, settings: str) -> int:
    """Rows of a whole training split."""
    source = SOURCES.lookup(kind)
    chosen = source.settings.model_validate(json.loads(settings))
    return WHOLE if source.files(chosen) is None else len(source.open(chosen, "train").labels)


@cache
def _judging(images: int, embedding: bool) -> int:
    rate = known_rates(on_gpu=False).get((EMBED, "images") if embedding else (JOB, ""))
    return UNKNOWN if rate is None else _minutes(rate.seconds(Work(images, 1, 1.0)))


def judged(config: Config, wildcards: Any, judging: Judging) -> int:
    """Images of a run that a job of this rule judges."""
    settings = settings_of(config, wildcards.experiment, wildcards.dataset, wildcards.method)
    method = method_entry(wildcards.method)
    images = images_judged(config, method, settings)
    if "trajectory" in judging.files:
        images += images_followed(method, settings, int(wildcards.n))
    return images


def _minutes(seconds: float) -> int:
    return min(LONGEST, MARGIN + math.ceil(2 * seconds / 60))


def training_memory(wildcards: Any) -> int:
    """Memory of a training [MB]: matrices for a method that has no networks to train."""
    n = int(wildcards.n)
    return PROCESS + math.ceil(MATRICES * (2 * n) ** 2 * 8 / 1e6)
