"""The files of a finished workflow, and which of them one training job makes."""

from typing import NamedTuple

from suite.planning.configuration import Config, cells, shares
from suite.planning.jobs import controls, followed_runs, pictured_runs, runs, walked_runs
from suite.running import paths

REFERENCES = ("heldout", "class")


class TrainingJob(NamedTuple):
    """A training job: its subset and the folders of its parts, below results/NAME."""

    subset: str
    parts: list[str]


def training_jobs(config: Config, *experiments: str) -> list[TrainingJob]:
    """The training jobs of these experiments."""
    return [
        TrainingJob(
            paths.SUBSET.format(**vars(cell), data_seed=data),
            [
                paths.PART.format(**vars(cell), data_seed=data, seed=seed, part=part)
                for part in share
            ],
        )
        for cell in cells(config, *experiments)
        for data in config.seeds.data
        for seed in config.seeds.training
        for share in shares(config, cell.parts)
    ]


def table_inputs(config: Config, *experiments: str) -> list[str]:
    """The files below results/NAME from which the tables of these experiments are made.

    Of each part of a run only run.json is listed. The workflow asks for all of these files, so a
    missing one is made again. Snakemake alone would look for the inputs of jobs that run, only.
    """
    jobs = training_jobs(config, *experiments)
    references = [
        paths.REFERENCE.format(dataset=cell.dataset, reference=name)
        for cell in cells(config, *experiments)
        for name in REFERENCES
    ]
    found = [
        *(job.subset for job in jobs),
        *references,
        *(f"{part}/{paths.RECORD}" for job in jobs for part in job.parts),
        *(f"{run}/{paths.METRICS}" for run in runs(config, *experiments)),
        *(f"{run}/{paths.JUDGED}" for run in followed_runs(config, *experiments)),
        *controls(config, *experiments),
    ]
    return list(dict.fromkeys(found))


def figure_inputs(config: Config) -> list[str]:
    """The files below results/NAME that only figures use."""
    return [
        *(f"{run}/{paths.NEAREST}" for run in pictured_runs(config)),
        *(f"{run}/{paths.WALK}" for run in walked_runs(config)),
    ]
