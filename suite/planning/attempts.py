"""Which jobs the workflow tries again, and what it keeps until it has seen their end.

A job that was killed (out of memory, out of time, cancelled) is tried again. One that ended by
itself is not: it would end in the same sentence. The shell of a job tells the two apart by a file
beside its log, which stands while the command runs and can be deleted on a full disk too.
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
    """Name this run of the workflow, for its jobs (`suite.running.checkpoint.workflow_run`).

    main: whether this is the process that the user started; the Snakemake in the job of a cluster
        has the name from its environment.
    """
    os.environ[WORKFLOW_RUN] = uuid.uuid4().hex if main else os.environ.get(WORKFLOW_RUN, "")


def tried(command: str) -> str:
    """A command of a rule with retries, which is tried again only where it was killed."""
    full = "the logs cannot be written: free some space on the disk, or mend its permissions"
    return (
        f": > {{log}}.running || {{{{ echo 'error: {full}' >&2; exit 1; }}}}; "
        f"{command} > {{log}} 2>&1 && status=0 || status=$?; "
        "[ $status -gt 128 ] || rm -f {log}.running; exit $status"
    )


def _was_killed(log: Path) -> bool:
    """Whether the job with this log was killed, before its start or during its command."""
    if Path(f"{log}.running").exists():
        return True
    try:  # Snakemake deletes the log before each start.
        log.open("x").close()
    except OSError:
        return False
    return True


def retry_killed_jobs_alone() -> None:
    """Let Snakemake try a job of a rule with retries again only if it was killed.

    Snakemake 9 asks `Job.restart_times` after each failure, and has no setting for that.
    """
    from snakemake.jobs import Job

    def restarts(job: Any) -> int:
        times = int(job.rule.restart_times)
        return times if times and job.log and _was_killed(Path(job.log[0])) else 0

    Job.restart_times = property(restarts)


def tidy(dag: Any) -> None:
    """Forget what stays of finished runs, as far as the workflow has seen the end of their jobs.

    dag: Snakemake's.
    """
    for job in dag.jobs:
        ended = dag.finished(job) or not dag.needrun(job)
        if ended and job.rule.name.startswith(TRAIN):
            for record in (Path(file) for file in job.output if Path(file).name == paths.RECORD):
                forget(Path(job.params.checkpoints, f"{record.parent.name}.npz"))
