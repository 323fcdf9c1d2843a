"""The configuration of a reproduction. The schema, the grid and the rules all follow from it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PositiveInt, field_validator

from suite.planning.variants import method_of, variants
from suite.protocol.augmentation import WORDS
from suite.protocol.method import METHODS, Method
from suite.protocol.metric import METRICS
from suite.protocol.settings import Settings, parse
from suite.protocol.source import SOURCES, Source
from suite.running.errors import InputError, unknown
from suite.running.files import read_yaml

Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*$")]
"""A name that is a valid file name on every system."""

Overrides = dict[str, Any]
MOST_HELD = 1024
"""Most rows that are held out where the configuration gives no number."""


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values unchanged; ValueError if one is repeated."""
    twice = next((value for i, value in enumerate(values) if value in values[:i]), None)
    if twice is not None:
        raise ValueError(f"{twice} stands twice: name each once")
    return values


Once = AfterValidator(_once)
TRAIN = "train_"
"""Prefix of the rules that train. No experiment's name may begin with it."""
RULES = {
    *("all", "figures", "subset", "reference", "train_gantk", "train_baselines", "weights"),
    *("evaluate", "evaluate_images", "evaluate_points", "controls", "walk", "configuration"),
    *("table", "draw", "report"),
}
"""The rules of the workflow. No experiment may have one of these names, since it is a target too.

A rule that makes several parts also has their first and last number: `train_gantk_0_3`."""


class Seeds(Settings):
    """The seeds of a reproduction. Every run uses one of each kind and records them."""

    data: Annotated[tuple[Seed, ...], Once] = Field(
        (0,), min_length=1, description="seeds that draw the subsets"
    )
    training: Annotated[tuple[Seed, ...], Once] = Field(
        (0, 1, 2),
        min_length=1,
        description="seeds of the methods; a cell is mean and std over them",
    )
    evaluation: Seed = Field(0, description="seed of whatever the metrics draw")


class Dataset(Settings):
    """Where a dataset comes from, and how many rows are held out of training."""

    kind: str | None = Field(None, description="a registered dataset; default: the entry's name")
    heldout: PositiveInt | None = Field(
        None, description=f"held-out images [images]; default: all there are, at most {MOST_HELD}"
    )
    source: Overrides = Field({}, description="settings of the kind's own loader")


class Grid(Settings):
    """The sizes of one dataset in one experiment, and the methods' settings on it."""

    n: Annotated[tuple[PositiveInt, ...], Once] = Field(
        min_length=1, description="training-set sizes [images]"
    )
    methods: dict[str, Overrides] = Field(
        {}, description="settings for this dataset, over those of the experiment"
    )


class Experiment(Settings):
    """One table: datasets and sizes as rows, methods as columns."""

    title: str | None = Field(
        None, description="heading of its table; default: the paper's, or the experiment's name"
    )
    description: str | None = Field(None, description="what a reader must know to read its table")
    datasets: dict[str, Grid] = Field(
        min_length=1, description="the datasets, each with its sizes: the lines of the table"
    )
    methods: dict[str, Overrides] = Field(
        min_length=1,
        description="the methods, each with the settings that differ from its defaults; a list in "
        "place of a value (of lists, where it is a list itself) stands for a run with each of its "
        "values (see criterion)",
    )


class BestSnapshot(Settings):
    """Judge every run at its best snapshot instead of at its end."""

    metric: str = Field(
        description="the metric that chooses: one of `metrics` that compares with held-out images. "
        "In their place it gets images of the training split outside of the n, so that the choice "
        "has seen nothing of what a table compares with"
    )
    rows: PositiveInt = Field(
        128,
        description="rows of a snapshot that choose; the `samples` after them are judged",
    )


class Config(Settings):
    """A whole reproduction. Everything below results/NAME follows from it."""

    name: Name = Field(description="the folder under results/")
    title: str | None = Field(
        None, description="heading of its page; default: that of its only table, or the name"
    )
    device: Literal["auto", "gpu", "cpu"] = Field(
        "auto",
        description="where methods train and images are embedded; `auto`: on a GPU of this machine "
        "if there is one; `gpu`: nowhere else, and the choice for a cluster",
    )
    jobs_per_gpu: PositiveInt = Field(
        1,
        description="jobs of GANs and metrics that share one GPU of this machine (a small n fills "
        "none); one of GA-NTK has it alone, and waits for that",
    )
    threads: PositiveInt = Field(1, description="CPU threads of a training job")
    parts_per_job: PositiveInt = Field(
        4,
        description="independent solutions of a run of GA-NTK that one job finds, one after the "
        "other: more save starts and compilation, fewer spread over more cores or GPUs; results "
        "are the same, and a change reruns nothing that is there",
    )
    samples: PositiveInt = Field(
        2048, description="images judged a run (GA-NTK paper, section 8.2) [images]"
    )
    metrics: Annotated[tuple[str, ...], Once] = Field(
        ("fid_train", "fid_heldout", "am_ssim", "diversity"),
        min_length=1,
        description="what every run is judged by, in the order of the tables",
    )
    criterion: str | None = Field(
        None,
        description="the metric whose mean over runs chooses which of the listed settings of a "
        "method stands in a table; null: each has a column of its own",
    )
    best_snapshot: BestSnapshot | None = Field(
        None,
        description="judge the best snapshot of a run's last nine tenths; null: its end. Figures "
        "show the end of a run all the same, and no run is followed along its training",
    )
    inception_weights: Path | None = Field(
        None, description="FID Inception weights (.pth or .pt); default: found or downloaded"
    )
    seeds: Seeds = Field(Seeds(), description="the seeds of subsets, trainings and metrics")
    datasets: dict[Name, Dataset] = Field(
        min_length=1, description="datasets by the name that tables, figures and files call them"
    )
    experiments: dict[Name, Experiment] = Field(
        min_length=1,
        description="tables by name; table1, table2 and table9 stand beside the paper's values",
    )

    @field_validator("experiments", mode="after")
    @classmethod
    def _no_rule(cls, value: dict[str, Experiment]) -> dict[str, Experiment]:
        taken = next((n for n in value if n in RULES or n.startswith(TRAIN)), None)
        if taken is not None:
            raise ValueError(f"'{taken}' is a rule of the workflow: give it another name")
        return value

    def kind(self, dataset: str) -> Source[Any]:
        """The registered dataset behind an entry of `datasets`."""
        return SOURCES.lookup(self.datasets[dataset].kind or dataset)

    def source(self, dataset: str) -> Settings:
        """The settings of an entry's loader."""
        model: type[Settings] = self.kind(dataset).settings
        return parse(model, self.datasets[dataset].source, f"datasets.{dataset}.source")

    def dataset_title(self, dataset: str) -> str:
        """The name of an entry in tables and figures: its own, or its kind's title."""
        return dataset if self.datasets[dataset].kind else self.kind(dataset).title


@dataclass(frozen=True)
class Cell:
    """One method on one size of a dataset: a cell of a table. Its value comes from several runs."""

    experiment: str
    dataset: str
    n: int
    method: str
    """the method, or a variant of it if a setting is a list (`suite.planning.variants`)"""
    parts: int
    """independent solutions that make up a run (1 for methods with a generator)"""


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
    """Variant -> its settings as given: the experiment's, overridden by the dataset's."""
    plan = config.experiments[experiment]
    merged = {**plan.methods[method], **plan.datasets[dataset].methods.get(method, {})}
    where = f"experiments.{experiment}.methods.{method}"
    return variants(method, method_entry(method, where).settings, merged, where)


def settings_of(config: Config, experiment: str, dataset: str, variant: str) -> Settings:
    """The settings of a method or variant: defaults, then the experiment's, then the dataset's."""
    method = method_of(variant)
    overrides = _overrides(config, experiment, dataset, method)[variant]
    own = config.experiments[experiment].datasets[dataset].methods.get(method)
    where = f"experiments.{experiment}" + (f".datasets.{dataset}" if own else "")
    model: type[Settings] = method_entry(method).settings
    return parse(model, overrides, f"{where}.methods.{method}")


def augmentations(config: Config, dataset: str, n: int | str) -> list[str]:
    """The augmentations that methods use on `n` rows of a dataset, each as names with commas."""
    found = []
    for cell in cells(config):
        if (cell.dataset, cell.n) == (dataset, int(n)):
            settings = settings_of(config, cell.experiment, dataset, cell.method)
            names = getattr(settings, "augment", ())
            found.append(",".join(name for name in WORDS if name in names))
    return [names for names in dict.fromkeys(found) if names]


def rows_of(config: Config) -> int:
    """Rows that a run must have: the judged ones, and those that choose its snapshot."""
    return config.samples + (config.best_snapshot.rows if config.best_snapshot else 0)


def parts_of(config: Config, method: str, n: int) -> int:
    """How many independent solutions make up a run: one if the method has a generator."""
    solves = method_entry(method).sample is None
    return math.ceil(rows_of(config) / n) if solves else 1


def shares(config: Config, parts: int) -> list[range]:
    """The parts of a run, split into jobs. Another number of parts changes the last job only."""
    most = config.parts_per_job
    return [range(first, min(first + most, parts)) for first in range(0, parts, most)]


def cells(config: Config) -> Iterator[Cell]:
    """Every cell of every experiment, in the order of the configuration."""
    for experiment, plan in config.experiments.items():
        for dataset, grid in plan.datasets.items():
            for n in grid.n:
                for method in plan.methods:
                    for variant in _overrides(config, experiment, dataset, method):
                        yield Cell(experiment, dataset, n, variant, parts_of(config, variant, n))


def _criteria(config: Config) -> list[str]:
    """The configured metrics of which more, or less, is better; they can choose a setting."""
    measures = {name: METRICS.lookup(name) for name in config.metrics}
    return [name for name, measure in measures.items() if measure.better != "neither"]


def _no_twins(found: Mapping[str, Settings], where: str) -> None:
    """Refuse two variants with equal settings, even if they are written differently."""
    for variant, settings in found.items():
        twin = next(name for name, other in found.items() if other == settings)
        if twin != variant:
            raise InputError(
                f"{where}: {twin} and {variant} are the same settings: write each value once"
            )


def parse_config(values: Mapping[str, Any], where: str = "config") -> Config:
    """Validate a configuration, names and settings of every method and dataset included.

    Raises:
        InputError: unknown key, wrong type or value, unknown dataset, method or metric.
    """
    config = parse(Config, values, where)
    for name, entry in config.datasets.items():
        place = f"{where}: datasets.{name}"
        if entry.kind is None and name not in SOURCES.entries:
            near = unknown("dataset", name, SOURCES.entries, f"{where}: datasets")
            raise InputError(f"{near}: rename it, or give it a kind")
        parse(SOURCES.lookup(entry.kind or name, place).settings, entry.source, f"{place}.source")
    for name in config.metrics:
        METRICS.lookup(name, f"{where}: metrics")
    if config.criterion is not None and config.criterion not in _criteria(config):
        raise InputError(
            f"{where}: criterion: '{config.criterion}' cannot choose among settings: name one of "
            f"{', '.join(_criteria(config))}, or leave it out"
        )
    if config.best_snapshot is not None:
        name, known = config.best_snapshot.metric, _criteria(config)
        fitting = [m for m in known if METRICS.lookup(m).reference == "heldout"]
        if name not in fitting:
            raise InputError(
                f"{where}: best_snapshot: '{name}' cannot choose a snapshot: name one of `metrics` "
                f"that compares with held-out images ({', '.join(fitting) or 'add one there'})"
            )
    for experiment, plan in config.experiments.items():
        place = f"{where}: experiments.{experiment}"
        for dataset, grid in plan.datasets.items():
            if dataset not in config.datasets:
                raise unknown("dataset", dataset, config.datasets, f"{place}.datasets")
            for method in grid.methods:
                if method not in plan.methods:
                    raise InputError(
                        f"{place}.datasets.{dataset}.methods: '{method}' is not among the "
                        f"experiment's methods ({', '.join(plan.methods)}): add it there"
                    )
            for method in plan.methods:
                settings = method_entry(method, f"{place}.methods").settings
                # A setting that every dataset overrides is checked nowhere else.
                inside = f"{place}.methods.{method}"
                for given in variants(method, settings, plan.methods[method], inside).values():
                    parse(settings, given, inside)
                found: dict[str, Settings] = {}
                for variant in _overrides(config, experiment, dataset, method):
                    found[variant] = settings_of(config, experiment, dataset, variant)
                _no_twins(found, inside)
    return config


def load_config(path: Path) -> Config:
    """Read and validate a YAML (or JSON) configuration."""
    return parse_config(read_yaml(path), str(path))
