"""A commented configuration for folders of pictures, with trainings that fit a time limit."""

import math
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from datasets.budgets import LEARNS, LEAST, Budget
from datasets.sources.folder import FolderSettings
from datasets.survey import Survey, size_text
from suite.planning.configuration import Config, method_entry, parse_config
from suite.planning.cost import estimate, many, wait
from suite.planning.known import Rates
from suite.running.devices import FRAMEWORKS, obstacle, visible
from suite.running.durations import duration
from suite.running.errors import InputError
from suite.running.provenance import ROOT

SIDES = (28, 32, 64, 128)
"""Sides that every method supports [pixels]."""
SIZES = (32, 64, 128, 256)
"""Training-set sizes to choose from [images]."""
HELD_OUT = 10
"""The dataset `folder` holds out every tenth picture."""
SEEDS = (0, 1, 2, 3, 4)
"""Training seeds. Welch's test finds the better of two methods that differ by three deviations in
98 % of cases with five runs each, and in 67 % with three (simulated Gaussian runs). Among eight
methods three runs find no winner; five find half of those that lead by four deviations
(`python -m benchmarks intervals`)."""


def side_of(found: Survey, most: int) -> int:
    """The largest side that all methods support and all pictures have, at least the smallest."""
    return max([side for side in SIDES if side <= min(found.side, most)], default=SIDES[0])


def sizes_of(found: Survey, wanted: int) -> list[int]:
    """The `wanted` largest training-set sizes that the pictures allow, ascending.

    Raises:
        InputError: there are too few pictures.
    """
    rows = found.count - found.count // HELD_OUT
    fitting = [n for n in SIZES if n <= rows]
    if not fitting:
        raise InputError(
            f"{found.path}: has {found.count} pictures, {rows} of them for training: "
            f"give at least {next(k for k in count(SIZES[0]) if k - k // HELD_OUT >= SIZES[0])}"
        )
    return fitting[-wanted:] if wanted > 1 else [min(64, fitting[-1])]


def _fitting(name: str, settings: dict[str, Any], n: int, share: float) -> dict[str, Any]:
    """Settings with a share of the iterations, and a batch of at most n rows."""
    entry = method_entry(name)
    own = dict(settings)
    if share < 1 and entry.budget in own:
        own[entry.budget] = max(LEAST, math.ceil(own[entry.budget] * share / 50) * 50)
    if entry.batch and own.get("batch", entry.batch) > n:
        own["batch"] = n
    return own


def _values(
    surveys: Sequence[Survey], budget: Budget, methods: Sequence[str], share: float, background: str
) -> dict[str, Any]:
    """The configuration of `methods` as plain values, with a share of the longest trainings."""
    datasets, grids = {}, {}
    for found in surveys:
        source = FolderSettings(
            path=found.path,
            subfolders=found.subfolders,
            leave_out=tuple(found.unusable),
            size=side_of(found, budget.side),
            channels=1 if found.grey else 3,
            crop=not found.square,
        ).model_dump(mode="json", exclude_defaults=True)
        if found.transparent or background != "white":
            source["background"] = background
        datasets[found.name] = {"kind": "folder", "source": source}
        grids[found.name] = {"n": sizes_of(found, budget.sizes)}
    least = min(n for grid in grids.values() for n in grid["n"])
    # Clusters refuse `auto`, and the trainings fit the cores of this machine.
    gpus = visible()
    obstacles = [obstacle(framework, *gpus) for framework in FRAMEWORKS]
    return {
        "device": "cpu" if any(obstacles) else "gpu",
        "samples": budget.samples,
        "metrics": ["fid_train", "fid_heldout", "am_ssim", "copies", "diversity"],
        "seeds": {"training": list(SEEDS)},
        "datasets": datasets,
        "experiments": {
            "comparison": {
                "title": f"Which method suits {' and '.join(grids)}",
                "datasets": grids,
                "methods": {k: _fitting(k, budget.methods[k], least, share) for k in methods},
            }
        },
    }


@dataclass(frozen=True)
class Fit:
    """A configuration whose trainings fit the time limit.

    seconds: its expected duration.
    short: method -> iterations, if they are fewer than in `LEARNS`. Such a method is left out,
        unless it is one of the first two.
    """

    config: Config
    seconds: float
    short: dict[str, int]

    def told(self) -> str:
        """One line for every method with too little time."""
        kept = self.config.experiments["comparison"].methods
        return "".join(
            f"{name}: {'kept for the comparison' if name in kept else 'left out'}: there is time "
            f"for {budget:,} {method_entry(name).budget}, but samples begin to resemble the "
            f"pictures after {LEARNS[name]:,}\n"
            for name, budget in self.short.items()
        )


def fitted(
    surveys: Sequence[Survey],
    budget: Budget,
    name: str,
    rates: Rates,
    cores: int,
    background: str = "white",
) -> Fit:
    """The configuration with the longest trainings that fit the time limit.

    While a method has fewer iterations than in `LEARNS`, the method that lacks most is left out,
    and the others share its time. The first two methods are never left out.
    """
    methods = list(budget.methods)
    short: dict[str, int] = {}
    shapes = {
        found.name: (*[side_of(found, budget.side)] * 2, 1 if found.grey else 3)
        for found in surveys
    }

    def attempt(share: float) -> tuple[Config, float]:
        values = _values(surveys, budget, methods, share, background)
        config = parse_config({"name": name, **values}, name)
        return config, wait(estimate(config, shapes, rates), cores)

    while True:
        config, seconds = _longest(attempt, budget.seconds)
        own = config.experiments["comparison"].methods
        budgets = {k: own[k].get(method_entry(k).budget, math.inf) for k in methods}
        lacking = {k: budgets[k] / LEARNS[k] for k in methods if budgets[k] < LEARNS.get(k, 0)}
        leaving = [k for k in methods[2:] if k in lacking]
        if not leaving:
            return Fit(config, seconds, short | {k: budgets[k] for k in lacking})
        least = min(leaving, key=lambda k: lacking[k])
        short[least] = budgets[least]
        methods.remove(least)


def _longest(
    attempt: Callable[[float], tuple[Config, float]], limit: float | None
) -> tuple[Config, float]:
    """The attempt with the largest share of the longest trainings that fits, by bisection.

    attempt: share -> configuration and its expected duration [s].
    """
    config, seconds = attempt(1.0)
    if limit is None or seconds <= limit:
        return config, seconds
    low, high = 0.0, 1.0
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (middle, high) if attempt(middle)[1] <= limit else (low, middle)
    return attempt(low)


def decided(found: Survey, config: Config) -> str:
    """How the configuration uses a folder, in words."""
    source = config.datasets[found.name].source
    side, n = source["size"], config.experiments["comparison"].datasets[found.name].n
    return (
        f"{side} x {side}{' of the largest square' if source.get('crop') else ''}"
        f"{', smaller ones enlarged' if found.side < side else ''}, "
        f"{'grey' if found.grey else 'colour'}; {' or '.join(map(str, n))} for training, "
        f"{found.count // HELD_OUT} held out"
    )


def text_of(
    config: Config, surveys: Sequence[Survey], budget: str, seconds: float, cores: int, out: Path
) -> str:
    """The configuration as YAML with comments.

    budget: its name. seconds: the expected duration. out: the file to which it will be written.
    """
    schema = os.path.relpath(ROOT / "config" / "schema.json", out.resolve().parent)
    seen = "".join(
        f"\n# {found.name}: {found.count} pictures, {'grey' if found.grey else 'colour'}, "
        f"{size_text(found)}"
        for found in surveys
    )
    comments = {
        "name": f"# yaml-language-server: $schema={schema}\n"
        f"# A comparison with budget '{budget}': about {duration(seconds)} with {many(cores)}.\n"
        f"# Run it:  snakemake --cores {cores} --configfile {shlex.quote(str(out))}\n"
        "# Every key is described in config/schema.json.",
        "device": "# `gpu` needs JAX and PyTorch with CUDA: run `make gpu`, or use `--use-conda`.",
        "samples": "# Images to evaluate in each run, and metrics (see `python -m metrics list`).",
        "seeds": "# Three training seeds seldom prove a winner; five often do.",
        "datasets": "# Every tenth picture is held out. Pictures are resized to `size` x `size`.\n"
        "# `crop` cuts out the largest square first, `channels: 1` means grey, and `background`\n"
        f"# is the colour behind transparent pixels.{seen}",
        "experiments": "# n: number of training pictures. The trainings fit the time above.",
    }
    # Outer mappings in block style, inner ones in flow style, as people write them.
    text = "\n" + yaml.safe_dump(
        config.model_dump(mode="json", exclude_unset=True),
        sort_keys=False,
        default_flow_style=None,
        allow_unicode=True,
        width=100,
    )
    for key, comment in comments.items():
        text = text.replace(f"\n{key}:", f"\n\n{comment}\n{key}:")
    return text.lstrip()
