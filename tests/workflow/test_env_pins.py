"""The environments of the rooms pin what the lock pins."""

import re
from pathlib import Path

import pytest
import yaml

from suite.provenance import ROOT

ENVS = sorted((ROOT / "envs").glob("*.yaml"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    """Version by package of lines like `name[extra]==version; marker`."""
    found = {}
    for line in lines:
        match = re.fullmatch(r"([\w.-]+)(?:\[\w+\])?==([\w.]+)\s*(?:;.*)?", line.strip())
        assert match, f"not pinned to one version: {line}"
        found[normal(match[1])] = match[2]
    return found


def lock_lines() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_environment_pins_the_versions_of_the_lock(path: Path) -> None:
    dependencies = yaml.safe_load(path.read_text(encoding="utf-8"))["dependencies"]
    python, pip, wheels = dependencies
    assert re.fullmatch(r"python=3\.\d+", python) and pip == "pip"
    locked = pins(lock_lines())
    for name, version in pins(wheels["pip"]).items():
        assert locked[name] == version, f"{path.name}: {name}"


def test_jax_and_pytorch_stay_apart() -> None:
    for path in ENVS:
        text = path.read_text(encoding="utf-8")
        assert not ("jax" in text and "torch" in text), path.name


def test_lock_holds_every_requirement_and_no_address() -> None:
    wanted = {
        normal(re.split(r"[<>=!\[ ;]", line)[0])
        for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    assert wanted <= pins(lock_lines()).keys()
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|^-|@ ", text, re.MULTILINE)
