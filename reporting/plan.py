"""What a configuration plans: the cells of its tables, and the titles in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suite.planning.configuration import (
    MOST_HELD,
    Cell,
    Config,
    all_methods,
    cells,
    method_entry,
    settings_of,
)
from suite.planning.variants import MARK, method_of
from suite.protocol.metric import METRICS


@dataclass(frozen=True)
class Plan:
    """The part of a configuration that reports need.

    name: the folder under results/.
    cells: every method on every subset size of every experiment.
    data_seeds, training_seeds: a cell has one run for each pair.
    samples: rows of a run that are judged.
    metrics: names of the metrics that judge a run.
    unfit: (dataset, metric) where one has images and the other takes points, or the reverse.
    titles: name of a method, dataset or metric -> its title in tables and figures.
    methods: all registered methods, so that the colour of a method does not depend on the plan.
    settings: resolved settings by (experiment, dataset, method).
    criterion: the metric that chooses among searched settings.
    heading: the title of the configuration, or "".
    headings: experiment -> (title, description), each "" if the configuration has none.
    explained: title of each metric -> its direction, reference, unit, and what it sees and misses.
    references: (title of a method or metric, paper, place in it, link), the methods first.
    protocol: subject -> a statement about the whole reproduction.
    """

    name: str
    cells: tuple[Cell, ...]
    data_seeds: tuple[int, ...]
    training_seeds: tuple[int, ...]
    samples: int
    metrics: tuple[str, ...]
    titles: Mapping[str, str]
    methods: tuple[str, ...]
    settings: Mapping[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)
    criterion: str | None = None
    unfit: frozenset[tuple[str, str]] = frozenset()
    heading: str = ""
    headings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    explained: Mapping[str, str] = field(default_factory=dict)
    references: Sequence[tuple[str, str, str, str]] = ()
    protocol: Mapping[str, str] = field(default_factory=dict)

    def title(self, name: str) -> str:
        """The title of a method, dataset or metric; its name if it has no title."""
        method, mark, settings = name.partition(MARK)
        title = self.titles.get(method, method)
        return f"{title} ({settings.replace(',', ', ')})" if mark else title

    def place(self, dataset: str, n: int) -> str:
        """A subset size of a dataset in words: MNIST, n = 64."""
        return f"{self.title(dataset)}, n = {n:,}"

    def experiments(self) -> tuple[str, ...]:
        """The experiments that have cells, in their order."""
        return tuple(dict.fromkeys(cell.experiment for cell in self.cells))


def _protocol(config: Config) -> dict[str, str]:
    seeds, best = config.seeds, config.best_snapshot
    found = {
        "Images judged a run": f"{config.samples:,}",
        "Data seeds": ", ".join(map(str, seeds.data)),
        "Training seeds": ", ".join(map(str, seeds.training)),
        "Evaluation seed": str(seeds.evaluation),
    }
    if best is not None:
        found["Moment judged"] = (
            "best snapshot of the last nine tenths of a run, by "
            f"{METRICS.lookup(best.metric).title} of {best.rows} other samples against "
            "training-split images outside of the n"
        )
    found["Device"] = f"{config.device}, {config.threads} CPU thread(s) a job"
    for name, plan in config.datasets.items():
        held = f"{plan.heldout or f'at most {MOST_HELD:,}'} held-out rows"
        found[f"Data: {name}"] = ", ".join([held, *(f"{k} = {v}" for k, v in plan.source.items())])
    return found


def _distinct(config: Config) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """The cells with their settings. Of cells with equal settings only the first is kept.

    So a size or a setting that a configuration names twice is one column, and its runs count once.
    """
    seen = []
    for cell in cells(config):
        settings = settings_of(config, cell).model_dump(mode="json")
        same = (cell.experiment, cell.dataset, cell.n, method_of(cell.method), settings)
        if same not in seen:
            seen.append(same)
            yield cell, settings


def _references(cells: Sequence[Cell], config: Config) -> Iterator[tuple[str, str, str, str]]:
    """What the methods and metrics of a configuration were published in."""
    methods = dict.fromkeys(method_of(cell.method) for cell in cells)
    for method in map(method_entry, methods):
        yield from ((method.title, *reference) for reference in method.references)
    for metric in map(METRICS.lookup, config.metrics):
        yield from ((metric.title, *reference) for reference in metric.references)


def plan_of(config: Config) -> Plan:
    """The plan of a configuration."""
    found = list(_distinct(config))
    planned = tuple(cell for cell, _ in found)
    return Plan(
        name=config.name,
        cells=planned,
        data_seeds=config.seeds.data,
        training_seeds=config.seeds.training,
        samples=config.samples,
        metrics=config.metrics,
        unfit=frozenset(
            (dataset, metric)
            for dataset in config.datasets
            for metric in config.metrics
            if METRICS.lookup(metric).data != config.kind(dataset).data
        ),
        titles={name: method.title for name, method in all_methods().items()}
        | {name: config.dataset_title(name) for name in config.datasets}
        | {name: metric.title for name, metric in METRICS.entries.items()},
        methods=tuple(all_methods()),
        settings={
            (cell.experiment, cell.dataset, cell.method): settings for cell, settings in found
        },
        criterion=config.criterion,
        heading=config.title or "",
        headings={
            name: (experiment.title or "", experiment.description or "")
            for name, experiment in config.experiments.items()
        },
        explained={metric.title: metric.summary for metric in map(METRICS.lookup, config.metrics)},
        references=tuple(_references(planned, config)),
        protocol=_protocol(config),
    )
