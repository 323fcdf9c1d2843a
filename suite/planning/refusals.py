"""Refusals before any job: a full disk, or jobs that need a GPU that is not there."""

import atexit
import shutil
import sys
from collections.abc import Collection, Set
from pathlib import Path
from typing import Any

from suite.planning.configuration import Config
from suite.planning.rules import embeds, judgings, trainings
from suite.running import devices

LEAST_FREE = 2**20
"""Free bytes without which Snakemake cannot write its locks, and ends in a traceback."""


def check_space(folder: Path) -> None:
    """End the program with one sentence if the disk of a folder is full."""
    if shutil.disk_usage(folder).free < LEAST_FREE:
        sys.exit(
            f"error: {folder.absolute()}: no space is left on the disk: free some, then run the "
            "same command again"
        )


def check_devices(config: Config, rules: Set[str], *, here: bool, conda: Collection[Any]) -> None:
    """End the program with one sentence if a job of `rules` needs a GPU that it cannot have.

    here: whether the jobs run on this machine. On other machines each job checks for itself, but
        `auto` is refused, since this machine would decide for them (`devices.asked`).
    conda: Snakemake's deployment methods. With conda the installed packages are not known yet.
    """
    needed: dict[str, set[str]] = {"jax": set(), "torch": set()}
    for training in trainings(config):
        needed[training.environment].add(training.rule)
    if embeds(config):
        needed["torch"] |= {"controls", *(judging.rule for judging in judgings(config))}
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


def check_workflow(config: Config, workflow: Any) -> None:
    """`check_devices` for the rules of all jobs that would run."""
    dag = workflow.dag
    check_devices(
        config,
        {job.rule.name for job in dag.jobs if dag.needrun(job)},
        here=workflow.local_exec,
        conda=workflow.deployment_settings.deployment_method,
    )


def say_after_plan(config: Config, workflow: Any) -> None:
    """After a dry run (`snakemake -n`), print why this machine would refuse the jobs.

    The dry run itself ends with status 0. It is often made where no job runs (on a login node, or
    as a test of every configuration), and with `-n` Snakemake does not tell where they would run.
    """

    def say() -> None:
        if workflow.dryrun:
            try:
                check_workflow(config, workflow)
            except SystemExit as refused:
                print(f"\nthis machine would not run it: {refused}", file=sys.stderr)

    atexit.register(say)
