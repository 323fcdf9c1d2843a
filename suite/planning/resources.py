"""What a scheduler is asked for: minutes and memory of a job, by rule and size.

Minutes are twice what the known rates say. They may still be too few: a training that runs out of
time continues from its checkpoint, and an evaluation asks for more time at each attempt.
"""

import json
import math
from functools import cache
from typing import Any

from suite.planning.configuration import MOST_HELD, Config
from suite.planning.cost import images, training
from suite.planning.identity import source_kind, source_settings
from suite.planning.jobs import embeds, references
from suite.planning.known import EMBED, JOB, known_rates
from suite.protocol.source import SOURCES

LONGEST, UNKNOWN, MARGIN, SHORT = 1440, 240, 10, 60
"""Minutes: the most for a job; without a known rate; for start and files; for a short job."""
WHOLE = 60_000
"""Rows assumed for a training split that is not downloaded yet: MNIST's."""
PROCESS = 3000
"""Memory of a process with its framework [MB]. Runs in results/reference peak at 500 to 1600."""
MATRICES = 16
"""Kernel matrices of 2n rows in float64 that a step holds at once, derivatives included."""

_rates = cache(known_rates)


def training_minutes(config: Config, wildcards: Any, parts: int) -> int:
    """Minutes of a job that finds `parts` solutions, one after another."""
    # The dataset may not be downloaded yet, so images count as 32 x 32 in colour.
    shape = (32, 32, 3) if config.kind(wildcards.dataset).data == "images" else (2,)
    found = training(config, wildcards, shape, _rates(config.device == "gpu"))
    return _minutes(found[0].seconds(found[1], parts)) if found else UNKNOWN


def evaluation_minutes(config: Config, wildcards: Any, count: int, attempt: int) -> int:
    """Minutes of a job that evaluates `count` images against the sets that metrics compare with."""
    kind, settings = source_kind(config, wildcards), source_settings(config, wildcards)
    count += int(wildcards.n)
    for reference in references(config):
        if reference == "class":
            count += _whole(kind, settings)
        else:
            count += config.datasets[wildcards.dataset].heldout or MOST_HELD
    rate = _rates(False).get((EMBED, "images") if embeds(config) else (JOB, ""))
    minutes = _minutes(rate.seconds(images(count))) if rate else UNKNOWN
    return min(LONGEST, attempt * minutes)


@cache
def _whole(kind: str, settings: str) -> int:
    """Number of rows of a whole training split."""
    source = SOURCES.lookup(kind)
    chosen = source.settings.model_validate(json.loads(settings))
    return WHOLE if source.files(chosen) is None else len(source.open(chosen, "train").labels)


def _minutes(seconds: float) -> int:
    return min(LONGEST, MARGIN + math.ceil(2 * seconds / 60))


def training_memory(wildcards: Any) -> int:
    """Memory of a training [MB], enough for GA-NTK's kernel matrices, which grow with n^2."""
    n = int(wildcards.n)
    return PROCESS + math.ceil(MATRICES * (2 * n) ** 2 * 8 / 1e6)
