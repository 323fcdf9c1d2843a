"""A copy of the checkout for tests that run the workflow in it or edit it."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from suite.running.provenance import ROOT

PARTS = [
    *("Snakefile", "workflow", "profiles", "config", "envs", "resources", "suite", "datasets"),
    *("gantk", "baselines", "metrics", "reporting", "tests/workflow"),
]
TINY = "tests/workflow/tiny.yaml"


@dataclass(frozen=True)
class Checkout:
    """A copy of the parts of the repository that the workflow reads."""

    root: Path

    def command(self, *arguments: str, config: str = TINY) -> list[str]:
        return [
            *(sys.executable, "-m", "snakemake", "--cores", "2", *arguments),
            *("--configfile", config),
        ]

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of this process, with the tests' Python as `python` and one thread."""
        binaries = str(Path(sys.executable).parent)
        return {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", **more}

    def snakemake(
        self, *arguments: str, config: str = TINY, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, config=config),
            cwd=self.root,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def planned(self, config: str = TINY, *targets: str) -> Counter[str]:
        """Rule -> number of jobs that the workflow would run now."""
        done = self.snakemake("--dry-run", *targets, config=config)
        assert done.returncode == 0, done.stdout + done.stderr
        table = re.search(r"^total .*?$", done.stdout, re.MULTILINE)
        if table is None:
            assert "Nothing to be done" in done.stdout + done.stderr
            return Counter()
        counts = re.findall(r"^([a-z_]+)\S* +(\d+)$", done.stdout[: table.start()], re.MULTILINE)
        found: Counter[str] = Counter()
        for rule, count in counts:  # train_gantk_0_1 makes parts 0 and 1
            found[rule.rstrip("_")] += int(count)
        return found

    def explained(self, config: str = TINY, results: str = "results/tiny") -> str:
        """The output of `python -m suite explain`."""
        command = [sys.executable, "-m", "suite", "explain", results, "--configfile", config]
        done = subprocess.run(
            command, cwd=self.root, env=self.environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def varied(self, stem: str, **changes: object) -> str:
        """A copy of the tiny configuration with some values changed, given by dotted paths."""
        values = yaml.safe_load((self.root / TINY).read_text(encoding="utf-8"))
        for path, value in changes.items():
            *parents, last = path.replace("ga_cntk", "ga-cntk").split("__")
            place = values
            for part in parents:
                place = place[part]
            place[last] = value
        (self.root / f"{stem}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
        return f"{stem}.yaml"


def copy_of_checkout(folder: Path) -> Checkout:
    for part in PARTS:
        source, target = ROOT / part, folder / part
        if source.is_file():
            shutil.copy2(source, target)
        else:
            ignored = shutil.ignore_patterns("__pycache__", "downloads")
            shutil.copytree(source, target, ignore=ignored)
    return Checkout(folder)


@pytest.fixture
def unrun(tmp_path: Path) -> Checkout:
    """A checkout in which nothing has run yet."""
    return copy_of_checkout(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the tiny workflow has run."""
    checkout = copy_of_checkout(tmp_path_factory.mktemp("checkout"))
    done = checkout.snakemake()
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    (checkout.root / "first-run.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return checkout
