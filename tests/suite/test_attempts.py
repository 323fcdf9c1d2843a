"""Which jobs the workflow retries: killed jobs, and no others."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.jobs import Job

from suite.planning import attempts
from suite.running.checkpoint import WORKFLOW_RUN, workflow_run


@pytest.fixture
def retries(monkeypatch: pytest.MonkeyPatch):
    """How often Snakemake may retry a job, from its log and the retries of its rule."""
    monkeypatch.setattr(Job, "restart_times", Job.restart_times)
    attempts.retry_killed_jobs_alone()

    def ask(log: Path | None, times: int = 20) -> int:
        logs = [] if log is None else [str(log)]
        job = SimpleNamespace(rule=SimpleNamespace(restart_times=times), log=logs)
        return Job.restart_times.fget(job)

    return ask


def shell(command: str, log: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command like Snakemake runs the command of a rule."""
    text = "set -euo pipefail; " + attempts.tried(command).format(log=log)
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "status", "times"),
    [
        ("bash -c 'echo error: mend it; exit 1'", 1, 0),
        ("bash -c 'exit 2'", 2, 0),
        ("bash -c 'kill -9 $$'", 137, 20),
        ("bash -c 'kill -15 $$'", 143, 20),
        ("true", 0, 0),
        ("rm {log}.running", 0, 0),
    ],
    ids=["a sentence", "usage", "killed", "terminated", "done", "beside a job left behind"],
)
def test_a_command_is_tried_again_if_it_was_killed(
    retries, tmp_path: Path, command: str, status: int, times: int
) -> None:
    log = tmp_path / "job.log"
    assert shell(command, log).returncode == status
    assert retries(log) == times
    assert retries(log, times=0) == 0


def test_a_job_that_was_killed_with_its_shell_is_tried_again(retries, tmp_path: Path) -> None:
    """A scheduler kills the shell too at a time limit. A job that never started is also retried."""
    log = tmp_path / "job.log"
    assert shell("kill -9 $$; true", log).returncode == -9
    assert retries(log) == 20
    assert shell("true", log).returncode == 0 and retries(log) == 0
    log.unlink()
    assert retries(log) == 20
    assert retries(None) == 0


def test_where_no_log_can_be_written_nothing_is_tried_again(retries, tmp_path: Path) -> None:
    log = tmp_path / "missing" / "job.log"
    done = shell("touch done", log)
    assert done.returncode == 1 and "error: the logs cannot be written" in done.stderr
    assert retries(log) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_on_a_full_disk_nothing_is_tried_again(retries, tmp_path: Path) -> None:
    """The mark of a killed job can be deleted on a full disk, but no error can be written."""
    log = tmp_path / "job.log"
    log.symlink_to("/dev/full")
    assert shell("bash -c 'echo error: no space is left; exit 1'", log).returncode == 1
    assert retries(log) == 0


def test_each_run_of_the_workflow_has_a_name_that_its_jobs_inherit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(WORKFLOW_RUN, "")
    names = []
    for main in (True, False, True):
        attempts.name_run(main)
        names.append(workflow_run())
    assert names[0] == names[1] != names[2] and all(names)
    monkeypatch.delenv(WORKFLOW_RUN)
    attempts.name_run(False)
    assert workflow_run() == ""


def test_what_stays_of_finished_runs_goes_when_their_jobs_have_ended(tmp_path: Path) -> None:
    kept = {}
    for part in range(3):
        kept[part] = tmp_path / f"part{part}.abc.whole"
        kept[part].mkdir()
    other = tmp_path / "part0.def.npz"
    other.touch()

    def job(part: int, rule: str = "train_gantk_0_1") -> SimpleNamespace:
        return SimpleNamespace(
            rule=SimpleNamespace(name=rule),
            params=SimpleNamespace(checkpoints=str(tmp_path)),
            output=[f"runs/part{part}/run.json", f"runs/part{part}/samples.npz"],
        )

    jobs = [job(0), job(1), job(2), job(1, "evaluate")]
    dag = SimpleNamespace(
        jobs=jobs, finished=lambda job: job is jobs[0], needrun=lambda job: job is not jobs[2]
    )
    attempts.tidy(dag)
    assert [folder.exists() for folder in kept.values()] == [False, True, False]
    assert other.exists(), "the state of another version of a run"
