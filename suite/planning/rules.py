"""What the rules of the workflow are told: file names, settings and digests of source.

Rules hold no logic of their own. A rule that asks here gets exactly what its command depends on,
so that a changed configuration or file reruns those jobs and no others.
"""

import atexit
import json
import re
import shlex
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from suite.planning.checks import check
from suite.planning.configuration import (
    MOST_HELD,
    TRAIN,
    Cell,
    Config,
    cells,
    method_entry,
    method_room,
    parse_config,
    parts_of,
    settings_of,
    shares,
)
from suite.planning.variants import MARK, method_of
from suite.protocol.method import METHODS
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.protocol.settings import files_of
from suite.protocol.source import SOURCES
from suite.running import devices, paths
from suite.running.errors import InputError
from suite.running.files import read_yaml
from suite.running.provenance import ROOT, files_digest, source_digest

STARTED = time.time()
ERROR = re.compile(r"error: |[A-Za-z_.]+(Error|Exception)\b")
"""A line that ends the log of a job that failed by its own words."""


def validated(values: Mapping[str, Any], files: Iterable[str | Path], main: bool) -> Config:
    """The configuration; ends the program with one sentence if there is a fault in it.

    files: that it was read from, by Snakemake, which does not see a key that stands twice.
    main: whether to look at the data too, which each job would repeat.
    """
    try:
        for file in files:
            read_yaml(Path(file))
        config = parse_config(values)
        if main:
            check(config)
        return config
    except InputError as error:
        sys.exit(f"error: {error}")


def sentences(logs: Path, since: float = STARTED) -> list[str]:
    """The last line of each log below `logs` that was written since, where it is an error's.

    since: seconds since the epoch; by default, the start of this process.
    """
    found = []
    for log in sorted(logs.rglob("*.log")):
        if log.stat().st_mtime >= since:
            lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
            last = next((line for line in reversed(lines) if line.strip()), "")
            if ERROR.match(last):
                found.append(f"{last.removeprefix('error: ')} ({log})")
    return found


def say_last(logs: Path, snakemake: Iterable[str]) -> None:
    """Print what the failed jobs said, after all that Snakemake still prints.

    snakemake: its own log files.
    """
    said = "".join(f"error: {sentence}\n" for sentence in sentences(logs))
    own = "".join(f"Snakemake's own log: {file}\n" for file in snakemake)
    after = "mend that, then run" if said else "stopped before the end: run"
    atexit.register(print, f"\n{own}{said}{after} the same command again to go on", file=sys.stderr)


def say_done(results: str) -> None:
    """Print where to look, after all that Snakemake still prints."""
    page, tables = Path(results, paths.PAGE), Path(results, paths.TABLE).parent
    there = [f"page: {page}"] if page.exists() else []
    there += [f"tables: {tables}"] if tables.exists() else []
    atexit.register(print, "\n".join(["\ndone", *there]), file=sys.stderr)


def one_of(names: Iterable[str]) -> str:
    """A regular expression for exactly these names; as a wildcard constraint."""
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
    """The files below results/NAME of the controls of these experiments, each once."""
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


def sample_count(config: Config, wildcards: Any) -> int:
    """Samples of one part. Without a generator it is n, whatever the configuration asks in all."""
    solves = method_entry(wildcards.method).sample is None
    return int(wildcards.n) if solves else config.samples


def train_settings(config: Config, wildcards: Any) -> str:
    """The settings of a run as JSON: those given, since the defaults are part of the source."""
    settings = settings_of(config, wildcards.experiment, wildcards.dataset, wildcards.method)
    return json.dumps(settings.model_dump(mode="json", exclude_unset=True), sort_keys=True)


def source_kind(config: Config, wildcards: Any) -> str:
    """The registered dataset behind a name."""
    return config.kind(wildcards.dataset).name


def source_settings(config: Config, wildcards: Any) -> str:
    """The settings of a dataset's loader as JSON."""
    return json.dumps(config.datasets[wildcards.dataset].source, sort_keys=True)


def reference_rows(config: Config, wildcards: Any) -> str:
    """Which rows a reference set has, as options: some held out, or all of the training split."""
    asked = config.datasets[wildcards.dataset].heldout
    rows = f"--n {MOST_HELD} --or-fewer" if asked is None else f"--n {asked}"
    held_out = f"--split heldout {rows}"
    return {"heldout": held_out, "class": "--split train"}[wildcards.reference]


def dataset_digest(config: Config, wildcards: Any) -> str:
    """Digest of the source that draws a subset."""
    return source_digest("datasets.__main__", SOURCES.module_of(source_kind(config, wildcards)))


def rows_digest(config: Config, wildcards: Any) -> str:
    """Digest of the user's files that a dataset is read from."""
    return files_digest(
        config.kind(wildcards.dataset).files(config.source(wildcards.dataset)) or ()
    )


def method_digest(config: Config, wildcards: Any) -> str:
    """Digest of the source that trains a method, and of the files that its settings name."""
    settings = settings_of(config, wildcards.experiment, wildcards.dataset, wildcards.method)
    files = files_of(settings)
    room = method_room(wildcards.method)
    module = METHODS[room].module_of(method_of(wildcards.method))
    source = source_digest(f"{room}.__main__", module)
    return source + files_digest(files) if files else source


def references(config: Config) -> list[str]:
    """Names of the sets, beside the training subset, that runs are compared with.

    A best snapshot is chosen by images of the whole split (`class`) that are not in the subset.
    """
    used: set[str] = {METRICS.lookup(m).reference for m in config.metrics}
    return sorted((used | ({"class"} if config.best_snapshot else set())) - {"train"})


def set_options(config: Config, files: Sequence[str]) -> str:
    """The training subset and the sets of `references`, in this order, as options."""
    names = ["train", *references(config)]
    return " ".join(f"--{name} {file}" for name, file in zip(names, files, strict=True))


def choice_options(config: Config) -> str:
    """The options that make a run's best snapshot the one that is judged."""
    best = config.best_snapshot
    return "" if best is None else f"--choose {best.metric} --choose-rows {best.rows}"


def extractors(config: Config) -> list[str]:
    """Names of the feature extractors that the configured metrics use."""
    used = {METRICS.lookup(name).extractor for name in config.metrics}
    return sorted(name for name in used if name)


def metrics_digest(config: Config) -> str:
    """Digest of the source of the configured metrics and of their feature extractors."""
    measures = [METRICS.module_of(name) for name in config.metrics]
    embeddings = [EXTRACTORS.module_of(name) for name in extractors(config)]
    return source_digest("metrics.__main__", *measures, *embeddings)


def nearest_digest() -> str:
    """Digest of the source that finds nearest training images."""
    return source_digest("metrics.__main__", METRICS.module_of("am_ssim"))


def reporting_digest() -> str:
    """Digest of the source of tables, figures and the page, and of the files they are made with."""
    folders = ("reporting/pages/templates", "resources/datatables", "resources/paper")
    files = [file for folder in folders for file in sorted((ROOT / folder).iterdir())]
    return source_digest("reporting.__main__") + files_digest(files)


def configuration(config: Config, wildcards: Any) -> str:
    """The configuration as JSON, with the one experiment that `scope` names, or with all."""
    chosen = {
        name: experiment
        for name, experiment in config.experiments.items()
        if wildcards.scope in (name, "all")
    }
    return config.model_copy(update={"experiments": chosen}).model_dump_json(exclude_unset=True)


def weights_option(config: Config) -> str:
    """The option that names the user's own Inception weights, if there are any."""
    path = config.inception_weights
    return "" if path is None else f"--weights {shlex.quote(str(path))}"


def embeds(config: Config) -> bool:
    """Whether a configured metric embeds images by a network, on a GPU where there is one."""
    return any(EXTRACTORS.lookup(name).arithmetic for name in extractors(config))


def check_devices(config: Config, rules: Set[str], *, here: bool, conda: Collection[Any]) -> None:
    """End the program with one sentence where a job of `rules` could not have its GPU.

    here: whether the jobs run on this machine; elsewhere they find out themselves, but not with
        `auto`, by which this machine has decided for them (`devices.asked`).
    conda: the ways of deployment; with one, what is installed cannot be known yet.
    """
    needed: dict[str, set[str]] = {"jax": set(), "torch": set()}
    for training in trainings(config):
        needed[training.environment].add(training.rule)
    if embeds(config):
        needed["torch"] |= {"evaluate", "controls", "trajectory"}
    if config.device == "auto" and not here and rules & set().union(*needed.values()):
        sys.exit(
            "error: device: auto asks the machine that plans, and the jobs run elsewhere: set "
            "`device` to gpu or cpu, in the configuration or by --config device=gpu"
        )
    if config.device != "gpu" or not here:
        return
    visible = devices.visible()
    for framework, names in needed.items():
        why = devices.obstacle(None if conda else framework, *visible)
        if names & rules and why:
            sys.exit(f"error: {devices.refuse(why)}")


def job_prefix(config: Config, root: str) -> str:
    """What precedes a command and is no reason to run it again; root: the Snakefile's folder."""
    variables = f"PYTHONPATH={shlex.quote(root)} JOBS_PER_GPU={config.jobs_per_gpu}"
    return f"set -euo pipefail; export {variables}; "


def said_once(command: str) -> str:
    """A command of a rule with retries, which is not tried again where it ended in a sentence.

    A job that was killed is started again; one that ended in a sentence would end in it again.
    Logs are deleted before each start, so the sentence is looked up in a copy.
    """
    return (
        "[ {resources.attempt} = 1 ] || ! grep '^error: ' {log}.said > {log} || exit 1; "
        f"{command} 2>&1 | tee {{log}} > {{log}}.said; rm {{log}}.said"
    )


def environment(config: Config) -> str:
    """Environment variables of a long job, as a shell prefix.

    Progress bars write a line every few seconds, since they go to a log too.
    """
    return f"TQDM_MININTERVAL=3 DEVICE={config.device}"
