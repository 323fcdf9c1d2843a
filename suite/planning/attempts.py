"""Retries of killed jobs, and the clean-up after finished ones.

A job that was killed (out of memory, out of time, cancelled) is retried. A job that failed by
itself is not, since it would fail again. A file beside the log of a job distinguishes the two: it
exists while the command runs. On a full disk it can still be deleted.
"""

import os
import uuid
from pathlib import Path
from typing import Any

from suite.planning.configuration import TRAIN
from suite.running import paths
from suite.running.checkpoint import WORKFLOW_RUN
from suite.running.finished import forget


def name_run(main: bool) -> None:
    """Give this run of the workflow an identifier, which its jobs inherit.

    main: whether the user started this process. The Snakemake inside a cluster job inherits the
        identifier through its environment (`suite.running.checkpoint.workflow_run`).
    """
    os.environ[WORKFLOW_RUN] = uuid.uuid4().hex if main else os.environ.get(WORKFLOW_RUN, "")


def tried(command: str) -> str:
    """The shell command of a rule with retries. It marks its log while `command` runs."""
    full = "the logs cannot be written: free disk space, or correct the permissions"
    return (
        f": > {{log}}.running || {{{{ echo 'error: {full}' >&2; exit 1; }}}}; "
        f"{command} > {{log}} 2>&1 && status=0 || status=$?; "
        "[ $status -gt 128 ] || rm -f {log}.running; exit $status"
    )


def _was_killed(log: Path) -> bool:
    """Whether the job with this log was killed before or during its command."""
    if Path(f"{log}.running").exists():
        return True
    try:  # Snakemake deletes the log before each start.
        log.open("x").close()
    except OSError:
        return False
    return True


def retry_killed_jobs_alone() -> None:
    """Make Snakemake retry killed jobs only.

    Snakemake 9 has no setting for this. It reads `Job.restart_times` after each failure.
    """
    from snakemake.jobs import Job

    def restarts(job: Any) -> int:
        times = int(job.rule.restart_times)
        return times if times and job.log and _was_killed(Path(job.log[0])) else 0

    Job.restart_times = property(restarts)


def tidy(dag: Any) -> None:
    """Delete the kept copies of finished runs whose jobs Snakemake has recorded as ended.

    dag: Snakemake's graph of jobs.
    """
    for job in dag.jobs:
        ended = dag.finished(job) or not dag.needrun(job)
        if ended and job.rule.name.startswith(TRAIN):
            for record in (Path(file) for file in job.output if Path(file).name == paths.RECORD):
                forget(Path(job.params.checkpoints, f"{record.parent.name}.npz"))
