"""What the rules of the workflow ask for: file names, options, and how runs are split into jobs.

Rules have no logic of their own. What identifies their results is in `suite.planning.identity`.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from suite.planning.configuration import (
    TRAIN,
    Cell,
    Config,
    augmentations,
    cells,
    method_entry,
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
        for cell in cells(config)
        if cell.experiment in experiments
        for data_seed in config.seeds.data
        for seed in config.seeds.training
    ]


def controls(config: Config, *experiments: str) -> list[str]:
    """The files of the controls of these experiments, below results/NAME, each once."""
    files = [
        paths.CONTROLS.format(dataset=cell.dataset, n=cell.n, data_seed=data_seed)
        for cell in cells(config)
        if cell.experiment in experiments
        for data_seed in config.seeds.data
    ]
    return list(dict.fromkeys(files))


def followed_runs(config: Config, *experiments: str) -> list[str]:
    """The first run of every cell of these experiments, which stands for the others along time.

    None where each is judged at its best snapshot: the choice has followed them.
    """
    if config.best_snapshot is not None:
        return []
    return [_first_run(config, cell) for cell in cells(config) if cell.experiment in experiments]


def pictured_runs(config: Config) -> list[str]:
    """The first run of every cell whose dataset is of images."""
    return [
        _first_run(config, cell)
        for cell in cells(config)
        if config.kind(cell.dataset).data == "images"
    ]


def walked_runs(config: Config) -> list[str]:
    """The first run of every cell whose generator has two latents, which a square can show."""
    found = []
    for cell in cells(config):
        settings = settings_of(config, cell.experiment, cell.dataset, cell.method)
        if method_entry(cell.method).generate and getattr(settings, "latent", None) == 2:
            found.append(_first_run(config, cell))
    return found


@dataclass(frozen=True)
class Judging:
    """A rule that judges runs.

    files: what its job writes in the run's folder, by option of its command. modules: whose code
    decides what it writes. reads: what it needs of the first part beside the record. datasets,
    data_seed, seed: regular expressions of the wildcards.
    """

    rule: str
    files: dict[str, str]
    modules: tuple[str, ...] = ("metrics.judging",)
    reads: tuple[str, ...] = ()
    datasets: str = ".+"
    data_seed: str = r"\d+"
    seed: str = r"\d+"


def judgings(config: Config) -> list[Judging]:
    """The rules that judge, those that come first before the others.

    The first run of a cell is also followed along its training, and of images the nearest training
    images are found, by the same job: a process that embeds takes seconds to start.
    """
    kinds: dict[str, list[str]] = {}
    for name in config.datasets:
        kinds.setdefault(config.kind(name).data, []).append(name)
    seeds = str(config.seeds.data[0]), str(config.seeds.training[0])
    every = {"out": paths.METRICS}
    followed = {} if config.best_snapshot is not None else {"trajectory": paths.JUDGED}
    reads = {"trajectory": paths.TRAJECTORY, "nearest": paths.SAMPLES}
    found = []
    for kind, names in kinds.items():
        nearest = {"nearest": paths.NEAREST} if kind == "images" else {}
        modules = ("metrics.judging", *(["metrics.nearest"] if nearest else []))
        beside = followed | nearest
        read = tuple(reads[option] for option in beside)
        rule, files = f"evaluate_{kind}", every | beside
        found.append(Judging(rule, files, modules, read, one_of(names), *seeds))
    return [*found, Judging("evaluate", every)]


def variants_of(methods: Iterable[str]) -> str:
    """A regular expression for these methods, and for variants of them."""
    return f"({one_of(methods)})({MARK}[^/]+)?"


@dataclass(frozen=True)
class Training:
    """A rule that trains.

    room: whose command it calls; environment: of which file in envs/. methods, sizes: regular
    expressions of the wildcards. parts: what each of its jobs makes.
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
        """The path of its log, and of what it took, without their suffix."""
        return f"{paths.RUN}/{self.title.replace(' ', '')}"


def trainings(config: Config) -> list[Training]:
    """The rules that train: one a room for methods with a generator, whose runs have one part.

    The others solve for as many rows at a time as the subset has. A rule has a fixed list of
    files, so that each share of the parts has a rule of its own, for all sizes that have it.
    """
    # JAX and PyTorch have environments of their own.
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


def _first_run(config: Config, cell: Cell) -> str:
    seeds = config.seeds
    return paths.RUN.format(**vars(cell), data_seed=seeds.data[0], seed=seeds.training[0])


def part_numbers(config: Config, wildcards: Any) -> range:
    """The numbers of the parts of a run."""
    return range(parts_of(config, wildcards.method, int(wildcards.n)))


def parts(config: Config, wildcards: Any, pattern: str) -> list[str]:
    """A pattern's paths for all parts of a run."""
    return [pattern.format(part=part, **wildcards) for part in part_numbers(config, wildcards)]


def references(config: Config) -> list[str]:
    """Names of the sets, beside the training subset, that runs are compared with.

    A best snapshot is chosen by images of the whole split (`class`) that are not in the subset.
    """
    used: set[str] = {METRICS.lookup(m).reference for m in config.metrics}
    return sorted((used | ({"class"} if config.best_snapshot else set())) - {"train"})


def set_options(config: Config, files: Sequence[str]) -> str:
    """The training subset and the sets of `references`, in this order."""
    names = ["train", *references(config)]
    return " ".join(f"--{name} {file}" for name, file in zip(names, files, strict=True))


def out_options(judging: Judging, files: Sequence[str]) -> str:
    """The files that a job writes, each behind its option."""
    return " ".join(f"--{option} {file}" for option, file in zip(judging.files, files, strict=True))


def augment_options(config: Config, wildcards: Any) -> str:
    """The augmentations that methods use on these rows, as options."""
    return " ".join(f"--augment {a}" for a in augmentations(config, wildcards.dataset, wildcards.n))


def embeds(config: Config) -> bool:
    """Whether a configured metric embeds images by a network, on a GPU where there is one."""
    return any(EXTRACTORS.lookup(name).arithmetic for name in extractors(config))


def job_prefix(config: Config, root: str) -> str:
    """What precedes a command and is no reason to run it again; root: the Snakefile's folder.

    The device is no reason either: like another machine, it changes last digits. Progress bars
    write a line every few seconds, since they go to a log too.
    """
    # Before what a cluster's modules put there. Snakemake formats the text: braces are doubled.
    path = f"PYTHONPATH={shlex.quote(root)}${{{{PYTHONPATH:+:$PYTHONPATH}}}}"
    variables = f"{path} PYTHONUTF8=1 TQDM_MININTERVAL=3"
    variables += f" DEVICE={config.device} JOBS_PER_GPU={config.jobs_per_gpu}"
    return f"set -euo pipefail; export {variables}; "
