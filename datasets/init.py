"""A commented configuration for folders of pictures, with budgets that fit the time there is."""

import math
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from datasets.budgets import LEARNS, LEAST, PLANS, Budget
from datasets.survey import Survey, size_text
from suite.planning.configuration import Config, method_entry, parse_config
from suite.planning.cost import duration, estimate, many, wait
from suite.planning.known import Rate
from suite.running.devices import FRAMEWORKS, obstacle, visible
from suite.running.errors import InputError
from suite.running.provenance import ROOT

SIDES = (28, 32, 64, 128)
"""Sides that every method takes [pixels]."""
SIZES = (32, 64, 128, 256)
"""Training-set sizes to choose from [images]."""
HELD_OUT = 10
"""The loader holds every tenth picture of a folder out."""
SEEDS = (0, 1, 2, 3, 4)
"""Training seeds. Of two methods that are three deviations apart, Welch's test on five runs each
tells the better in 98 % of cases, on three in 67 % (Gaussian runs, simulated). Among eight methods
three find no winner, five half of those that lead by four (`python -m benchmarks intervals`)."""


def side_of(found: Survey, most: int) -> int:
    """The largest side that all methods take and all pictures have; the smallest for tiny ones."""
    return max([side for side in SIDES if side <= min(found.side, most)], default=SIDES[0])


def sizes_of(found: Survey, wanted: int) -> list[int]:
    """The largest training-set sizes that the pictures allow, `wanted` of them, ascending.

    Raises:
        InputError: too few pictures to learn from and to hold any out.
    """
    rows = found.count - found.count // HELD_OUT
    fitting = [n for n in SIZES if n <= rows]
    if not fitting:
        raise InputError(
            f"{found.path}: holds {found.count} pictures, of which {rows} are left to learn from: "
            f"give at least {next(k for k in count(SIZES[0]) if k - k // HELD_OUT >= SIZES[0])}"
        )
    return fitting[-wanted:] if wanted > 1 else [min(64, fitting[-1])]


def _fitting(name: str, settings: dict[str, Any], n: int, share: float) -> dict[str, Any]:
    """Settings with the budget cut to a share, and a batch that n rows allow."""
    entry = method_entry(name)
    own = dict(settings)
    if share < 1 and entry.budget in own:
        own[entry.budget] = max(LEAST, math.ceil(own[entry.budget] * share / 50) * 50)
    if "batch" in entry.settings.model_fields:
        default = own.get("batch", entry.settings.model_fields["batch"].default)
        if default > n:
            own["batch"] = n
    return own


def values_of(
    surveys: Sequence[Survey],
    budget: Budget,
    name: str,
    methods: Sequence[str],
    share: float,
    background: str,
) -> dict[str, Any]:
    """The configuration of `methods` as plain values, every budget cut to a share of the most."""
    plan = PLANS[budget]
    datasets, grids = {}, {}
    for found in surveys:
        source: dict[str, Any] = {"path": str(found.path), "size": side_of(found, plan.side)}
        if found.subfolders:
            source["subfolders"] = True
        if found.unusable:
            source["leave_out"] = list(found.unusable)
        if found.grey:
            source["channels"] = 1
        if not found.square:
            source["crop"] = True
        if found.transparent or background != "white":
            source["background"] = background
        datasets[found.name] = {"kind": "folder", "source": source}
        grids[found.name] = {"n": sizes_of(found, plan.sizes)}
    least = min(n for grid in grids.values() for n in grid["n"])
    # Not `auto`, which clusters refuse: budgets are cut to what the cores here can do.
    gpus = visible()
    obstacles = [obstacle(framework, *gpus) for framework in FRAMEWORKS]
    return {
        "name": name,
        "device": "cpu" if any(obstacles) else "gpu",
        "samples": plan.samples,
        "metrics": ["fid_train", "fid_heldout", "am_ssim", "copies", "diversity"],
        "seeds": {"training": list(SEEDS)},
        "datasets": datasets,
        "experiments": {
            "comparison": {
                "title": f"Which method suits {' and '.join(grids)}",
                "datasets": grids,
                "methods": {k: _fitting(k, plan.methods[k], least, share) for k in methods},
            }
        },
    }


@dataclass(frozen=True)
class Fit:
    """A configuration whose budgets are cut to the time there is.

    seconds: the wait. short: method -> budget, where the budget is below what `LEARNS` says. Such a
    method is left out, unless it is one of the first two of its plan.
    """

    config: Config
    seconds: float
    short: dict[str, int]

    def told(self) -> str:
        """A line for every method that is short of time."""
        kept = self.config.experiments["comparison"].methods
        return "".join(
            f"{name}: {'kept for the comparison' if name in kept else 'left out'}: there is time "
            f"for {budget:,} of the {LEARNS[name]:,} {method_entry(name).budget} from which "
            "samples begin to show something\n"
            for name, budget in self.short.items()
        )


def fitted(
    surveys: Sequence[Survey],
    budget: Budget,
    name: str,
    rates: dict[tuple[str, str], Rate],
    cores: int,
    background: str = "white",
) -> Fit:
    """The configuration with the largest budgets whose wait fits.

    As long as the budget of some method is below what `LEARNS` says, the method that lacks most is
    left out, and the others share its time. The first two methods of a plan stay in any case.
    """
    methods = list(PLANS[budget].methods)
    short: dict[str, int] = {}
    while True:
        config, seconds = _cut(surveys, budget, name, methods, rates, cores, background)
        own = config.experiments["comparison"].methods
        budgets = {k: own[k].get(method_entry(k).budget, math.inf) for k in methods}
        lacking = {k: budgets[k] / LEARNS[k] for k in methods if budgets[k] < LEARNS.get(k, 0)}
        leaving = [k for k in methods[2:] if k in lacking]
        if not leaving:
            return Fit(config, seconds, short | {k: budgets[k] for k in lacking})
        least = min(leaving, key=lambda k: lacking[k])
        short[least] = budgets[least]
        methods.remove(least)


def _cut(
    surveys: Sequence[Survey],
    budget: Budget,
    name: str,
    methods: Sequence[str],
    rates: dict[tuple[str, str], Rate],
    cores: int,
    background: str,
) -> tuple[Config, float]:
    """The configuration of `methods` with the largest budgets whose wait fits, and that wait [s].

    By halving the interval of the share of the full budgets, since the wait grows with it.
    """

    def attempt(share: float) -> tuple[Config, float]:
        values = values_of(surveys, budget, name, methods, share, background)
        config = parse_config(values, name)
        shapes = {
            found.name: (*[side_of(found, PLANS[budget].side)] * 2, 1 if found.grey else 3)
            for found in surveys
        }
        return config, wait(estimate(config, shapes, rates, {}), cores)

    config, seconds = attempt(1.0)
    limit = PLANS[budget].seconds
    if limit is None or seconds <= limit:
        return config, seconds
    low, high = 0.0, 1.0
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (middle, high) if attempt(middle)[1] <= limit else (low, middle)
    return attempt(low)


def decided(found: Survey, config: Config) -> str:
    """What the configuration makes of a folder, in words."""
    source = config.datasets[found.name].source
    side, n = source["size"], config.experiments["comparison"].datasets[found.name].n
    return (
        f"{side} x {side}{' of the largest square' if source.get('crop') else ''}"
        f"{', smaller ones enlarged' if found.side < side else ''}, "
        f"{'grey' if found.grey else 'colour'}; {' or '.join(map(str, n))} to learn from, "
        f"{found.count // HELD_OUT} held out"
    )


def text_of(
    config: Config,
    surveys: Sequence[Survey],
    budget: Budget,
    seconds: float,
    cores: int,
    out: Path,
) -> str:
    """The configuration as YAML, each part under what it is for; out: the file it will be."""
    schema = os.path.relpath(ROOT / "config" / "schema.json", out.resolve().parent)
    values = config.model_dump(mode="json", exclude_unset=True)

    def block(*keys: str) -> str:
        # The outermost mappings in block style, leaves in flow style: as people write them.
        return "".join(
            yaml.safe_dump(
                {key: values[key]},
                sort_keys=False,
                default_flow_style=None if isinstance(values[key], dict | list) else False,
                allow_unicode=True,
                width=100,
            )
            for key in keys
        )

    seen = "\n".join(
        f"# {found.name}: {found.count} pictures, {'grey' if found.grey else 'colour'}, "
        f"{size_text(found)}"
        for found in surveys
    )
    return "\n".join(
        [
            f"# yaml-language-server: $schema={schema}",
            f"# A comparison of class '{budget}': about {duration(seconds)} with {many(cores)}.",
            f"# Run it:  snakemake --cores {cores} --configfile {shlex.quote(str(out))}",
            "# Every key is described in config/schema.json.",
            block("name"),
            "# `gpu` needs JAX and PyTorch with CUDA, which `--use-conda` has.",
            block("device"),
            "# Images judged a run, and by what; `python -m metrics list` explains each.",
            block("samples", "metrics"),
            "# Three training seeds seldom prove a winner, five often do.",
            block("seeds"),
            "# Every tenth picture is held out. `size` is the side that pictures are brought to,",
            "# `crop` cuts out the largest square first, `channels: 1` keeps grey grey,",
            "# `background` shows through transparent pixels.",
            seen,
            block("datasets"),
            "# n: training pictures. Budgets are cut so that the whole fits the time above.",
            block("experiments"),
        ]
    )
