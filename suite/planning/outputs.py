"""The files that a finished workflow leaves, and which of them one job makes."""

from collections.abc import Iterable
from typing import NamedTuple

from suite.planning.configuration import Config, cells, shares
from suite.planning.rules import controls, followed_runs, pictured_runs, runs, walked_runs
from suite.running import paths

REFERENCES = ("heldout", "class")


class Trained(NamedTuple):
    """One training job, by paths below results/NAME: its subset, and the folders of its parts."""

    subset: str
    parts: list[str]


def trained(config: Config, *experiments: str) -> list[Trained]:
    """The training jobs of these experiments."""
    return [
        Trained(
            paths.SUBSET.format(**vars(cell), data_seed=data),
            [
                paths.PART.format(**vars(cell), data_seed=data, seed=seed, part=part)
                for part in share
            ],
        )
        for cell in cells(config)
        if cell.experiment in experiments
        for data in config.seeds.data
        for seed in config.seeds.training
        for share in shares(config, cell.parts)
    ]


def measured(config: Config, *experiments: str) -> list[str]:
    """The files below results/NAME from which the tables of these experiments are made.

    A part of a run is listed by its run.json only. The workflow asks for all of these files, so
    that a missing one is made again. Otherwise Snakemake would look only for the inputs of jobs
    that have to run.
    """
    chosen = [cell for cell in cells(config) if cell.experiment in experiments]
    subsets = [
        paths.SUBSET.format(**vars(cell), data_seed=seed)
        for cell in chosen
        for seed in config.seeds.data
    ]
    references = [
        paths.REFERENCE.format(dataset=cell.dataset, reference=name)
        for cell in chosen
        for name in REFERENCES
    ]
    records = [
        f"{part}/{paths.RECORD}" for job in trained(config, *experiments) for part in job.parts
    ]
    found = [
        *(subsets, references, records),
        [f"{run}/{paths.METRICS}" for run in runs(config, *experiments)],
        [f"{run}/{paths.JUDGED}" for run in followed_runs(config, *experiments)],
        controls(config, *experiments),
    ]
    return _once(file for files in found for file in files)


def pictured(config: Config) -> list[str]:
    """The files below results/NAME that only figures need."""
    return [
        *(f"{run}/{paths.NEAREST}" for run in pictured_runs(config)),
        *(f"{run}/{paths.WALK}" for run in walked_runs(config)),
    ]


def _once(files: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(files))
