"""Continuous integration runs the same checks: its actions call the Makefile's targets."""

import re
import subprocess
from itertools import chain

import yaml

from suite.running.provenance import ROOT

ACTIONS = yaml.safe_load((ROOT / ".github/workflows/checks.yml").read_text(encoding="utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def targets(job: str) -> list[str]:
    return [step["run"] for step in ACTIONS["jobs"][job]["steps"] if "run" in step]


def test_actions_call_targets_that_exist() -> None:
    assert targets("linux") == ["make test", "make plans"]
    for line in chain.from_iterable(map(targets, ACTIONS["jobs"])):
        make, target = line.split()
        assert make == "make" and re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), line


def test_oldest_python_is_checked() -> None:
    oldest = re.search(
        r'^requires-python = ">=(3\.\d+)"', (ROOT / "pyproject.toml").read_text(), re.M
    )[1]
    assert oldest in ACTIONS["jobs"]["linux"]["strategy"]["matrix"]["python"]


def test_a_cap_on_a_version_has_its_reason() -> None:
    for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines():
        requirement, _, reason = line.partition("#")
        assert not re.search("[<=~!]", requirement) or reason, line


def test_an_upgrade_asks_for_a_newer_version_than_the_locked_one() -> None:
    def lock(name: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "--dry-run", "lock", f"UPGRADE={name}"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    locked = re.search(r"^torch==([^ ;\n]+)", (ROOT / "requirements.lock").read_text(), re.M)[1]
    assert f"--upgrade-package 'torch>{locked}'" in lock("torch").stdout
    assert lock("torhc").returncode and "has no package torhc" in lock("torhc").stderr


def test_fast_tests_exist() -> None:
    listed = re.search(r"^FAST := ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)[1]
    paths = listed.replace("\\", " ").split()
    assert paths and all((ROOT / path).exists() for path in paths)
