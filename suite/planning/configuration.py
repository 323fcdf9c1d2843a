"""The configuration of a reproduction. The schema, the cells and the rules follow from it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveInt, field_validator

from suite.planning.variants import method_of, variants
from suite.protocol.augmentation import WORDS, AugmentSettings
from suite.protocol.method import METHODS, Method, MethodSettings
from suite.protocol.metric import METRICS
from suite.protocol.settings import Settings, parse
from suite.protocol.source import SOURCES, Source
from suite.running.errors import InputError, unknown, within
from suite.running.files import read_yaml

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
"""A name that is a valid file name on every system."""

Overrides = dict[str, Any]
MOST_HELD = 1024
"""Largest number of held-out rows if the configuration gives none."""


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values unchanged; ValueError if one is repeated."""
    twice = next((value for i, value in enumerate(values) if value in values[:i]), None)
    if twice is not None:
        raise ValueError(f"{twice} is given twice: list each value once")
    return values


Once = AfterValidator(_once)
TRAIN = "train_"
"""Prefix of the rules that train. No experiment's name may begin with it."""
RULES = {
    *("all", "figures", "subset", "reference", "train_gantk", "train_baselines", "weights"),
    *("evaluate", "evaluate_images", "evaluate_points", "controls", "walk", "configuration"),
    *("table", "draw", "report"),
}
"""Names of workflow rules, which no experiment may have: an experiment is a target too.

Further rules make several parts; their names end with the first and last number: `train_gantk_0_3`.
"""


class Seeds(Settings):
    """The seeds of a reproduction. Every run uses and records one seed of each kind."""

    data: Annotated[tuple[Seed, ...], Once] = Field((0,), min_length=1)
    """seeds that draw the training subsets"""
    training: Annotated[tuple[Seed, ...], Once] = Field((0, 1, 2), min_length=1)
    """training seeds; a table shows mean and standard deviation over them"""
    evaluation: Seed = 0
    """seed of the random numbers in metrics"""


class Dataset(Settings):
    """The source of a dataset, and the number of held-out rows."""

    kind: str | None = None
    """a registered dataset; default: the entry's name"""
    heldout: PositiveInt | None = Field(
        None, description=f"number of held-out rows; default: all, at most {MOST_HELD} [rows]"
    )
    source: Overrides = Field({})
    """settings of the registered dataset"""


class Grid(Settings):
    """The training-set sizes of a dataset in an experiment, and settings for this dataset."""

    n: Annotated[tuple[PositiveInt, ...], Once] = Field(min_length=1)
    """training-set sizes [images]"""
    methods: dict[str, Overrides] = Field({})
    """settings of methods that override the experiment's on this dataset"""


class Experiment(Settings):
    """One table: datasets and sizes as rows, methods as columns."""

    title: str | None = None
    """heading of the table; default: the paper's, or the name"""
    description: str | None = None
    """text below the heading of the table"""
    datasets: dict[str, Grid] = Field(min_length=1)
    """the lines of the table: datasets with their training-set sizes"""
    methods: dict[str, Overrides] = Field(min_length=1)
    """the methods, with the settings that differ from their defaults. A list in place of a value
    makes one variant for each entry; a setting that is a list itself takes a list of lists (see
    criterion)"""


class BestSnapshot(Settings):
    """Evaluate every run at its best snapshot instead of at its end."""

    metric: str
    """metric that chooses the snapshot: one of `metrics` that compares with held-out images. To
    choose, it gets images of the training split outside the subset instead, so the choice does not
    depend on images that a table compares with"""
    rows: PositiveInt = 128
    """rows of a snapshot to choose by; the next `samples` rows are evaluated [rows]"""


class Config(Settings):
    """A reproduction. Everything below results/NAME follows from it."""

    name: Name
    """the folder under results/"""
    title: str | None = None
    """heading of its page; default: that of its only table, or the name"""
    device: Literal["auto", "gpu", "cpu"] = "auto"
    """device for training and for embedding images; `auto`: a GPU of this machine if it has one,
    otherwise the CPU; on a cluster use `gpu` or `cpu`"""
    jobs_per_gpu: PositiveInt = 1
    """number of GAN and metric jobs that share one GPU of this machine; a job of GA-NTK waits until
    it has a GPU alone"""
    threads: PositiveInt = 1
    """CPU threads of a training job"""
    parts_per_job: PositiveInt = 4
    """number of independent solutions of a GA-NTK run that one job finds, one after another. A
    larger number saves starts and compilation, a smaller number uses more cores or GPUs at a time.
    The results are the same, and a change reruns no finished job"""
    samples: PositiveInt = 2048
    """images to evaluate in each run (GA-NTK paper, section 8.2) [images]"""
    metrics: Annotated[tuple[str, ...], Once] = Field(
        ("fid_train", "fid_heldout", "am_ssim", "diversity"), min_length=1
    )
    """metrics of every run, in the order of the tables"""
    criterion: str | None = None
    """metric that chooses between the variants of a method: a table shows the variant with the best
    mean over runs; null: a table has one column for each variant"""
    best_snapshot: BestSnapshot | None = None
    """evaluate the best snapshot in the last nine tenths of each run; null: evaluate the end. With
    a best snapshot, figures still show the end, and no metrics along the training are computed"""
    inception_weights: Path | None = None
    """file of FID Inception weights (.pth, .pt); default: cache or download"""
    seeds: Seeds = Seeds()
    """the seeds of subsets, trainings and metrics"""
    datasets: dict[Name, Dataset] = Field(min_length=1)
    """datasets, by the name that tables, figures and files use"""
    experiments: dict[Name, Experiment] = Field(min_length=1)
    """tables, by name; table1, table2 and table9 also show the paper's values"""

    @field_validator("experiments", mode="after")
    @classmethod
    def _no_rule(cls, value: dict[str, Experiment]) -> dict[str, Experiment]:
        taken = next((n for n in value if n in RULES or n.startswith(TRAIN)), None)
        if taken is not None:
            raise ValueError(f"'{taken}' is the name of a workflow rule: choose another name")
        return value

    def kind(self, dataset: str) -> Source[Any]:
        """The registered dataset behind an entry of `datasets`."""
        return SOURCES.lookup(self.datasets[dataset].kind or dataset, f"datasets.{dataset}")

    def source(self, dataset: str) -> Settings:
        """The settings of the registered dataset behind an entry."""
        model: type[Settings] = self.kind(dataset).settings
        return parse(model, self.datasets[dataset].source, f"datasets.{dataset}.source")

    def dataset_title(self, dataset: str) -> str:
        """The name of an entry in tables and figures: its own, or the title of its dataset."""
        return dataset if self.datasets[dataset].kind else self.kind(dataset).title


@dataclass(frozen=True)
class Cell:
    """A cell of a table: a method on n rows of a dataset. Its value comes from several runs."""

    experiment: str
    dataset: str
    n: int
    method: str
    """the method or variant (`suite.planning.variants`)"""
    parts: int
    """number of independent solutions in a run; 1 for methods with a generator"""


def all_methods() -> dict[str, Method[Any]]:
    """Every registered method by name, in the order of the rooms."""
    return {name: entry for room in METHODS.values() for name, entry in room.entries.items()}


def method_room(name: str, where: str = "") -> str:
    """The room of a method or variant; InputError with the nearest name if there is none."""
    name = method_of(name)
    for room, registry in METHODS.items():
        if name in registry.entries:
            return room
    raise unknown("method", name, all_methods(), where)


def method_entry(name: str, where: str = "") -> Method[Any]:
    """The registered method `name`, or that of the variant `name`."""
    return METHODS[method_room(name, where)].lookup(method_of(name))


def _overrides(config: Config, experiment: str, dataset: str, method: str) -> dict[str, Overrides]:
    """Variant -> its given settings: the experiment's, overridden by the dataset's."""
    table = config.experiments[experiment]
    merged = {**table.methods[method], **table.datasets[dataset].methods.get(method, {})}
    where = f"experiments.{experiment}.methods.{method}"
    return variants(method, method_entry(method, where).settings, merged, where)


def settings_of(config: Config, cell: Any) -> MethodSettings:
    """The settings of a method or variant: defaults, then the experiment's, then the dataset's.

    cell: a `Cell`, or the wildcards of a rule.
    """
    method = method_of(cell.method)
    overrides = _overrides(config, cell.experiment, cell.dataset, method)[cell.method]
    own = config.experiments[cell.experiment].datasets[cell.dataset].methods.get(method)
    where = f"experiments.{cell.experiment}" + (f".datasets.{cell.dataset}" if own else "")
    model: type[MethodSettings] = method_entry(method).settings
    return parse(model, overrides, f"{where}.methods.{method}")


def augmentations(config: Config, dataset: str, n: int | str) -> list[str]:
    """The combinations of augmentations that methods use on n rows, as comma-separated names."""
    found = []
    for cell in cells(config):
        if (cell.dataset, cell.n) == (dataset, int(n)):
            settings = settings_of(config, cell)
            names = settings.augment if isinstance(settings, AugmentSettings) else ()
            found.append(",".join(name for name in WORDS if name in names))
    return [names for names in dict.fromkeys(found) if names]


def rows_of(config: Config) -> int:
    """Rows that a run must have: the evaluated ones, and those that choose its snapshot."""
    return config.samples + (config.best_snapshot.rows if config.best_snapshot else 0)


def parts_of(config: Config, method: str, n: int) -> int:
    """Number of independent solutions in a run: 1 if the method has a generator."""
    solves = method_entry(method).sample is None
    return math.ceil(rows_of(config) / n) if solves else 1


def shares(config: Config, parts: int) -> list[range]:
    """The parts of a run, split into jobs. Only the last job depends on the number of parts."""
    most = config.parts_per_job
    return [range(first, min(first + most, parts)) for first in range(0, parts, most)]


def cells(config: Config, *experiments: str) -> Iterator[Cell]:
    """The cells of these experiments (default: of all), in the order of the configuration."""
    for experiment in experiments or config.experiments:
        table = config.experiments[experiment]
        for dataset, grid in table.datasets.items():
            for n in grid.n:
                for method in table.methods:
                    for variant in _overrides(config, experiment, dataset, method):
                        yield Cell(experiment, dataset, n, variant, parts_of(config, variant, n))


def parse_config(values: Mapping[str, Any], where: str = "config") -> Config:
    """Validate a configuration, including the names and settings of methods and datasets.

    Raises:
        InputError: unknown key, wrong type or value, unknown dataset, method or metric.
    """
    config = parse(Config, values, where)
    with within(where):
        _check_datasets(config)
        _check_metrics(config)
        _check_experiments(config)
    return config


def _check_datasets(config: Config) -> None:
    for name, entry in config.datasets.items():
        if entry.kind is None and name not in SOURCES.entries:
            near = unknown("dataset", name, SOURCES.entries, "datasets")
            raise InputError(f"{near}: correct the name, or give the entry a kind")
        config.source(name)


def _check_metrics(config: Config) -> None:
    metrics = [METRICS.lookup(name, "metrics") for name in config.metrics]
    choosing = [metric for metric in metrics if metric.better != "neither"]
    names = [metric.name for metric in choosing]
    if config.criterion is not None and config.criterion not in names:
        raise InputError(
            f"criterion: '{config.criterion}' cannot choose between variants: name one of "
            f"{', '.join(names)}, or leave it out"
        )
    fitting = [metric.name for metric in choosing if metric.reference == "heldout"]
    if config.best_snapshot is not None and config.best_snapshot.metric not in fitting:
        raise InputError(
            f"best_snapshot: '{config.best_snapshot.metric}' cannot choose a snapshot: name one of "
            "`metrics` that compares with held-out images "
            f"({', '.join(fitting) or 'add one there'})"
        )


def _check_experiments(config: Config) -> None:
    for experiment, table in config.experiments.items():
        place = f"experiments.{experiment}"
        for dataset, grid in table.datasets.items():
            if dataset not in config.datasets:
                raise unknown("dataset", dataset, config.datasets, f"{place}.datasets")
            for method in grid.methods:
                if method not in table.methods:
                    raise InputError(
                        f"{place}.datasets.{dataset}.methods: '{method}' is not among the "
                        f"experiment's methods ({', '.join(table.methods)}): add it there"
                    )
        for method, given in table.methods.items():
            settings = method_entry(method, f"{place}.methods").settings
            # A setting that every dataset overrides is checked nowhere else.
            inside = f"{place}.methods.{method}"
            for variant in variants(method, settings, given, inside).values():
                parse(settings, variant, inside)
    found: dict[tuple[str, str, str], dict[str, Settings]] = {}
    for cell in cells(config):
        group = cell.experiment, cell.dataset, method_of(cell.method)
        found.setdefault(group, {})[cell.method] = settings_of(config, cell)
    for (experiment, _, method), made in found.items():
        for one, other in combinations(made, 2):
            if made[one] == made[other]:
                raise InputError(
                    f"experiments.{experiment}.methods.{method}: {one} and {other} have the same "
                    "settings: list each value once"
                )


def load_config(path: Path) -> Config:
    """Read and validate a configuration in YAML or JSON."""
    return parse_config(read_yaml(path), str(path))
