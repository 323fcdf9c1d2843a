"""The record of how a result was made."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from suite.running import provenance
from suite.running.provenance import git_commit, machine, package_versions

PEAK = """
from suite.running.provenance import peak_memory_mib
print(peak_memory_mib())
block = bytearray(b"x") * (200 * 2**20)
print(peak_memory_mib())
"""


def test_versions_name_what_a_result_depends_on() -> None:
    versions = package_versions()
    assert {"python", "numpy"} <= versions.keys()
    assert all(versions.values())


def test_commit_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() == "unknown"


def test_a_commit_is_named_whole_and_changes_of_tracked_files_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    (tmp_path / "a.py").touch()
    own = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "a.py"], [*own, "commit", "-qm", "A"], ["tag", "v1"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    (tmp_path / "untracked.py").touch()
    commit = git_commit()
    assert re.fullmatch("[0-9a-f]{40}", commit)
    (tmp_path / "a.py").write_text("X = 1\n")
    assert git_commit() == f"{commit}+changes"


def test_peak_memory_counts_what_was_touched() -> None:
    """In a process below a shell, because a child starts with the memory of its parent."""
    shell = ["sh", "-c", '"$0" -c "$1"; :', sys.executable, PEAK]
    done = subprocess.check_output(shell, cwd=provenance.ROOT, text=True)
    before, after = map(float, done.split())
    assert before < 100
    assert 190 < after - before < 210


def test_a_processor_is_told_by_its_family_and_model(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    one = "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n"
    info.write_text(f"processor\t: 0\n{one}\nprocessor\t: 1\n{one}")
    assert re.fullmatch(r"AMD EPYC \(family 25, model 1\), \d+ cores", machine(info))
    info.write_text("model name\t: Neoverse\n")
    assert re.fullmatch(r"Neoverse, \d+ cores", machine(info))
