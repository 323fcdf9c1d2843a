"""What the rules of the workflow ask for: file names, options, and how runs are split into jobs.

The rules themselves have no logic. `suite.planning.identity` has what identifies their results.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from suite.planning.configuration import (
    TRAIN,
    Cell,
    Config,
    augmentations,
    cells,
    parts_of,
    settings_of,
    shares,
)
from suite.planning.identity import extractors
from suite.planning.variants import MARK, method_of
from suite.protocol.method import METHODS
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.running import devices, paths


def one_of(names: Iterable[str]) -> str:
    """A regular expression that matches exactly these names, for a wildcard constraint."""
    return "|".join(re.escape(name) for name in names)


def runs(config: Config, *experiments: str) -> list[str]:
    """The folders below results/NAME of every run of these experiments."""
    return [
        paths.RUN.format(**vars(cell), data_seed=data_seed, seed=seed)
        for cell in cells(config, *experiments)
        for data_seed in config.seeds.data
        for seed in config.seeds.training
    ]


def controls(config: Config, *experiments: str) -> list[str]:
    """The files of the controls of these experiments, below results/NAME, without repeats."""
    files = [
        paths.CONTROLS.format(dataset=cell.dataset, n=cell.n, data_seed=data_seed)
        for cell in cells(config, *experiments)
        for data_seed in config.seeds.data
    ]
    return list(dict.fromkeys(files))


def _first_runs(config: Config, *experiments: str) -> Iterator[tuple[Cell, str]]:
    """The cells of these experiments, each with the folder of its first run."""
    first = {"data_seed": config.seeds.data[0], "seed": config.seeds.training[0]}
    for cell in cells(config, *experiments):
        yield cell, paths.RUN.format(**vars(cell), **first)


def followed_runs(config: Config, *experiments: str) -> list[str]:
    """The first run of every cell of these experiments, whose snapshots are evaluated too.

    There are none if every run is evaluated at its best snapshot.
    """
    if config.best_snapshot is not None:
        return []
    return [run for _, run in _first_runs(config, *experiments)]


def pictured_runs(config: Config) -> list[str]:
    """The first run of every cell on images."""
    found = _first_runs(config)
    return [run for cell, run in found if config.kind(cell.dataset).data == "images"]


def walked_runs(config: Config) -> list[str]:
    """The first run of every cell whose generator has a latent space of two dimensions."""
    return [run for cell, run in _first_runs(config) if settings_of(config, cell).walkable]


@dataclass(frozen=True)
class Evaluation:
    """A rule that evaluates runs.

    files: option of its command -> the file that the job writes in the run's folder.
    datasets, data_seed, seed: regular expressions of the wildcards.
    """

    rule: str
    files: dict[str, str]
    datasets: str = ".+"
    data_seed: str = r"\d+"
    seed: str = r"\d+"

    @property
    def follows(self) -> bool:
        """Whether it evaluates every snapshot too."""
        return "trajectory" in self.files

    @property
    def modules(self) -> list[str]:
        """The modules whose code decides the content of the files."""
        return ["metrics.judging", *(["metrics.nearest"] if "nearest" in self.files else [])]

    @property
    def reads(self) -> list[str]:
        """Files of the first part that the job needs, beside the record."""
        read = {"trajectory": paths.TRAJECTORY, "nearest": paths.SAMPLES}
        return [file for option, file in read.items() if option in self.files]


def evaluations(config: Config) -> list[Evaluation]:
    """The rules that evaluate runs, in their order of precedence.

    One job does everything for the first run of a cell: the metrics, the metrics of every snapshot,
    and the nearest training images. A process that embeds images takes seconds to start.
    """
    kinds: dict[str, list[str]] = {}
    for name in config.datasets:
        kinds.setdefault(config.kind(name).data, []).append(name)
    seeds = str(config.seeds.data[0]), str(config.seeds.training[0])
    every = {"out": paths.METRICS}
    followed = {} if config.best_snapshot is not None else {"trajectory": paths.JUDGED}
    found = []
    for kind, names in kinds.items():
        files = every | followed | ({"nearest": paths.NEAREST} if kind == "images" else {})
        found.append(Evaluation(f"evaluate_{kind}", files, one_of(names), *seeds))
    return [*found, Evaluation("evaluate", every)]


def variants_of(methods: Iterable[str]) -> str:
    """A regular expression for these methods and their variants."""
    return f"({one_of(methods)})({MARK}[^/]+)?"


@dataclass(frozen=True)
class Training:
    """A rule that trains.

    room: the room whose command it calls.
    environment: the name of its file in envs/.
    methods, sizes: regular expressions of the wildcards.
    parts: the parts of a run that one job makes.
    """

    rule: str
    room: str
    environment: str
    methods: str
    sizes: str
    parts: range

    @property
    def title(self) -> str:
        """The parts in words."""
        first, last = self.parts[0], self.parts[-1]
        return f"part {first}" if last == first else f"parts {first}-{last}"

    @property
    def log(self) -> str:
        """The path of its log and of its benchmark, without the suffix."""
        return f"{paths.RUN}/{self.title.replace(' ', '')}"


def trainings(config: Config) -> list[Training]:
    """The rules that train.

    Each room has one rule for its methods with a generator; a run of these has one part. A run of
    the other methods has several parts, which several jobs may share. A rule has a fixed list of
    files, so each share of the parts has its own rule, for all n that need it.
    """
    found = []
    for room, registry in METHODS.items():
        draw = [name for name, method in registry.entries.items() if method.sample]
        solve = [name for name in registry.entries if name not in draw]
        rule, environment = f"{TRAIN}{room}", devices.ROOMS[room]
        if draw:
            found.append(Training(rule, room, environment, variants_of(draw), r"\d+", range(1)))
        sizes: dict[range, dict[str, None]] = {}
        for cell in cells(config):
            if method_of(cell.method) in solve:
                for share in shares(config, cell.parts):
                    sizes.setdefault(share, {})[str(cell.n)] = None
        for share, some in sizes.items():
            name = f"{rule}_{share[0]}_{share[-1]}"
            methods = variants_of(solve)
            found.append(Training(name, room, environment, methods, one_of(some), share))
    return found


def parts(config: Config, wildcards: Any, pattern: str) -> list[str]:
    """A pattern's paths for all parts of a run."""
    count = parts_of(config, wildcards.method, int(wildcards.n))
    return [pattern.format(part=part, **wildcards) for part in range(count)]


def references(config: Config) -> list[str]:
    """Names of the sets that runs are compared with, beside the training subset.

    A best snapshot is chosen with images of the whole split (`class`) outside the subset.
    """
    used: set[str] = {METRICS.lookup(m).reference for m in config.metrics}
    return sorted((used | ({"class"} if config.best_snapshot else set())) - {"train"})


def options(names: Iterable[str], files: Sequence[str]) -> str:
    """An option for each file, in this order."""
    return " ".join(f"--{name} {file}" for name, file in zip(names, files, strict=True))


def augment_options(config: Config, wildcards: Any) -> str:
    """Options for the augmentations that methods use on these rows."""
    return " ".join(f"--augment {a}" for a in augmentations(config, wildcards.dataset, wildcards.n))


def embeds(config: Config) -> bool:
    """Whether a configured metric embeds images with a network, which can use a GPU."""
    return any(EXTRACTORS.lookup(name).arithmetic for name in extractors(config))


def job_prefix(config: Config, root: str) -> str:
    """The shell prefix of every job. It is not a rule parameter, so a change in it reruns nothing.

    The device is part of it: like another machine, it changes the last digits only. Progress bars
    write to a log, so they write a line every few seconds.

    root: the folder of the Snakefile.
    """
    # It precedes the paths of a cluster's modules. Snakemake formats the text: braces are doubled.
    path = f"PYTHONPATH={shlex.quote(root)}${{{{PYTHONPATH:+:$PYTHONPATH}}}}"
    variables = f"{path} PYTHONUTF8=1 TQDM_MININTERVAL=3"
    variables += f" DEVICE={config.device} JOBS_PER_GPU={config.jobs_per_gpu}"
    return f"set -euo pipefail; export {variables}; "
