"""A workflow of 33 jobs, killed 20 times: it ends with the same bytes as an undisturbed one.

Not part of `make test`: `make test-kills` runs it. test_resume.py has one kill for each method.
"""

import csv
import io
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.workflow.conftest import Checkout, copy_of_checkout

pytestmark = pytest.mark.kills
KILLS = "tests/workflow/kills.yaml"
TIMES = ("seconds", "iterations_per_second", "compile_seconds", "peak_memory_mib")
"""Fields of run.json that differ between two runs of the same work."""
LIMIT = 900
"""Seconds that one start of the workflow may take."""


def content(path: Path) -> object:
    """The content of a file that must be the same in two runs of the same work."""
    if path.name == "run.json":
        record = json.loads(path.read_text(encoding="utf-8"))
        return {name: value for name, value in record.items() if name not in TIMES}
    if path.name == "history.csv":
        lines = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
        return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]
    return path.read_bytes()


def data(results: Path) -> dict[str, object]:
    """Path -> content of every artefact except the page, which shows times."""
    return {
        str(path.relative_to(results)): content(path)
        for path in results.rglob("*")
        if path.is_file()
        and not path.name.startswith(".")
        and path.relative_to(results).parts[0] not in ("logs", "benchmarks", "index.html")
    }


class Workflow:
    """A workflow that is killed again and again."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.log = checkout.root / "killed.txt"

    def start(self) -> psutil.Popen:
        """Run the user's command, after Snakemake's own command to remove an old lock."""
        self.checkout.snakemake("--unlock", config=KILLS)
        with self.log.open("a", encoding="utf-8") as output:
            return psutil.Popen(
                self.checkout.command(config=KILLS),
                cwd=self.checkout.root,
                env=self.checkout.environment(CHECKPOINT_EVERY="0.2", OMP_NUM_THREADS="1"),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def finish(self) -> None:
        """Wait for its end."""
        status = self.start().wait(LIMIT)
        assert status == 0, self.log.read_text(encoding="utf-8")[-4000:]


def jobs(process: psutil.Process) -> list[psutil.Process]:
    """The Python processes of a workflow's jobs."""
    found = []
    for child in process.children(recursive=True):
        try:
            if child.cmdline()[1:2] == ["-m"]:
                found.append(child)
        except psutil.Error:
            continue
    return found


def reached(process: psutil.Process, words: str) -> bool:
    """Wait for a job whose command line has these words; False if the workflow ended first."""
    started = time.monotonic()
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() - started < LIMIT
        for job in jobs(process):
            try:
                if words in " ".join(job.cmdline()):
                    return True
            except psutil.Error:
                continue
        time.sleep(0.05)
    return False


def kill(process: psutil.Process, whom: str, by: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to `all` (a power cut), to `main` (whose jobs continue), or to one `job`."""
    own = jobs(process) if whom == "job" else process.children(recursive=True)
    victims = {"all": [process, *own], "main": [process], "job": own[:1]}[whom]
    for victim in victims:
        try:
            victim.send_signal(by)
        except psutil.Error:
            continue
    if whom != "job":
        process.wait(LIMIT)


def left_behind(checkout: Checkout) -> Iterator[psutil.Process]:
    """The running jobs of a workflow whose main process was killed."""
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and Path(process.cwd()) == checkout.root:
                yield process
        except psutil.Error:
            continue


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Checkout]:
    (tmp_path / "killed").mkdir()
    checkout = copy_of_checkout(tmp_path / "killed")
    yield checkout
    for process in left_behind(checkout):
        process.kill()


def undisturbed(folder: Path) -> Path:
    """The results of a workflow that is never killed."""
    folder.mkdir()
    checkout = copy_of_checkout(folder)
    done = checkout.snakemake(config=KILLS, OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return folder / "results/kills"


def test_killed_twenty_times_it_ends_with_the_same_bytes(
    killed: Checkout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """20 SIGKILLs after two SIGTERMs: at the start, during training and during evaluation."""
    chance = random.Random(int(os.environ.get("KILLS_SEED", "0")))
    expected = undisturbed(tmp_path / "whole")
    workflow = Workflow(killed)
    told = []
    plans = [("first seconds", None)] * 4 + [("any time", None)] * 12
    plans += [("metrics", " metrics ")] * 3 + [("figures", "reporting figures")] * 2
    plans += [("table", "reporting tables")]
    for number, (when, words) in enumerate(plans):
        by = signal.SIGTERM if number < 2 else signal.SIGKILL
        whom = chance.choice(["all", "all", "main", "job"]) if when == "any time" else "all"
        process = workflow.start()
        if words is not None:
            assert reached(process, words), f"{when}: the workflow ended before"
            time.sleep(chance.uniform(0, 2))
        else:
            time.sleep(chance.uniform(0.2, 8) if when == "first seconds" else 0)
            if when == "any time":
                assert reached(process, " train "), f"{when}: the workflow ended before"
                time.sleep(chance.uniform(0, 12))
        if process.poll() is not None:
            continue
        done = len(list((killed.root / "results/kills/runs").rglob("run.json")))
        kill(process, whom, by)
        told.append(f"{when}: {by.name} for {whom} with {done} runs finished")
        if whom == "job":
            time.sleep(chance.uniform(0, 5))
            kill(process, "all")
            told.append(f"{when}: SIGKILL for all after a job was killed")
    workflow.finish()
    with capsys.disabled():
        print("\n" + "\n".join(told))
    assert sum("SIGKILL" in line for line in told) >= 20
    assert data(killed.root / "results/kills") == data(expected)
    assert not list((killed.root / "results/kills").glob("checkpoints/**/*"))
    left = [path for path in left_behind(killed) if path.status() != psutil.STATUS_ZOMBIE]
    assert not left
