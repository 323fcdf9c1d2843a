"""Checks of the machine before any job: disk space, and GPUs."""

import atexit
import shutil
import sys
from collections.abc import Collection, Set
from pathlib import Path
from typing import Any

from suite.planning.configuration import Config
from suite.planning.jobs import embeds, evaluations, trainings
from suite.running import devices

LEAST_FREE = 2**20
"""Free bytes that Snakemake needs for its locks. With less it ends with a traceback."""


def check_space(folder: Path) -> None:
    """End the program with one sentence if the disk of a folder is full."""
    if shutil.disk_usage(folder).free < LEAST_FREE:
        sys.exit(
            f"error: {folder.absolute()}: no space is left on the disk: free some, then run the "
            "same command again"
        )


def check_devices(config: Config, rules: Set[str], *, here: bool, conda: Collection[Any]) -> None:
    """End the program with one sentence if a job of `rules` cannot have the GPU that it needs.

    here: whether the jobs run on this machine. On other machines each job checks this itself;
        `auto` is refused, since it would depend on this machine's GPUs (`devices.asked`).
    conda: Snakemake's deployment methods. With conda the installed packages are not known yet.
    """
    needed: dict[str, set[str]] = {"jax": set(), "torch": set()}
    for training in trainings(config):
        needed[training.environment].add(training.rule)
    if embeds(config):
        needed["torch"] |= {"controls", *(evaluation.rule for evaluation in evaluations(config))}
    if config.device == "auto" and not here and rules & set().union(*needed.values()):
        sys.exit(
            "error: device: auto depends on this machine's GPUs, but the jobs run on others: set "
            "`device` to gpu or cpu, in the configuration or with --config device=gpu"
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

    The dry run itself ends with status 0. Often it is made on a machine that runs no jobs (a login
    node, a test of every configuration), and with `-n` Snakemake does not say where they would run.
    """

    def say() -> None:
        if workflow.dryrun:
            try:
                check_workflow(config, workflow)
            except SystemExit as refused:
                print(f"\nthis machine would refuse the jobs: {refused}", file=sys.stderr)

    atexit.register(say)
