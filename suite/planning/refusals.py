"""What a plan is refused with: a full disk, or jobs that could not have their GPU."""

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
    """End the program with one sentence where the disk of a folder is full."""
    if shutil.disk_usage(folder).free < LEAST_FREE:
        sys.exit(
            f"error: {folder.absolute()}: no space is left on the disk: free some, then run the "
            "same command again"
        )


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
    """`check_devices` for the jobs that Snakemake has found to be needed, planned ones included."""
    dag = workflow.dag
    check_devices(
        config,
        {job.rule.name for job in dag.jobs if dag.needrun(job)},
        here=workflow.local_exec,
        conda=workflow.deployment_settings.deployment_method,
    )


def say_after_plan(config: Config, workflow: Any) -> None:
    """After a plan alone (`snakemake -n`) print what the jobs would be refused with.

    The plan stands: it may be meant for another machine.
    """

    def say() -> None:
        if workflow.dryrun:
            try:
                check_workflow(config, workflow)
            except SystemExit as refused:
                print(f"\nthis machine would not run it: {refused}", file=sys.stderr)

    atexit.register(say)
