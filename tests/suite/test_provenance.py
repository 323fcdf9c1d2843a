"""Digests of source: they follow imports, and nothing else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from suite.running import provenance
from suite.running.provenance import (
    files_digest,
    git_commit,
    machine,
    package_versions,
    source_digest,
)
from tests.imports import ROOMS, file_of, imported

FILES = {
    "room/__init__.py": "",
    "room/main.py": "from room.method import run\nimport numpy\n",
    "room/method.py": "def run():\n    from shared import kernel\n    return kernel.K\n",
    "room/other.py": "X = 1\n",
    "shared/__init__.py": "",
    "shared/kernel.py": "import shared.tiles\nK = 1\n",
    "shared/tiles.py": "import room.main\n",
}
PEAK = """
from suite.running.provenance import peak_memory_mib
print(peak_memory_mib())
block = bytearray(b"x") * (200 * 2**20)
print(peak_memory_mib())
"""


def forget() -> None:
    """As a new process would: digests and imports are kept within one."""
    provenance.source_digest.cache_clear()
    provenance._imports.cache_clear()


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


@pytest.mark.parametrize(
    "name", ["room/main.py", "room/method.py", "shared/kernel.py", "shared/tiles.py"]
)
def test_edit_of_what_is_imported_changes_it(tree: Path, name: str) -> None:
    """At any depth, inside functions, and around a circle of imports."""
    before = source_digest("room.main")
    (tree / name).write_text(FILES[name] + "# edited\n")
    forget()
    assert source_digest("room.main") != before


@pytest.mark.parametrize("name", ["room/other.py", "notes.md", "new.py"])
def test_edit_of_anything_else_does_not(tree: Path, name: str) -> None:
    before = source_digest("room.main")
    (tree / name).write_text("edited = True\n")
    forget()
    assert source_digest("room.main") == before


def test_named_modules_count(tree: Path) -> None:
    assert source_digest("room.main", "room.other") != source_digest("room.main")
    assert source_digest("room.main", "room.main") == source_digest("room.main")


def test_same_source_same_digest_wherever_it_stands(tree: Path) -> None:
    """A checkout elsewhere must not run everything again, nor must the order of names matter."""
    before = source_digest("room.main", "room.other")
    assert source_digest("room.other", "room.main") == before
    elsewhere = tree / "elsewhere"
    for name, text in FILES.items():
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provenance, "ROOT", elsewhere)
        forget()
        assert source_digest("room.main", "room.other") == before


def test_file_that_moves_changes_it(tree: Path) -> None:
    """The name of a file counts, not its text alone."""
    before = source_digest("room.other")
    (tree / "room/other.py").rename(tree / "room/third.py")
    forget()
    assert source_digest("room.third") != before


def test_versions_name_what_a_result_depends_on() -> None:
    versions = package_versions()
    assert {"python", "numpy"} <= versions.keys()
    assert all(versions.values())


def test_commit_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit() == "unknown"


def test_peak_memory_counts_what_was_touched() -> None:
    """In a process of its own, below a shell: a child begins with the memory of its parent."""
    shell = ["sh", "-c", '"$0" -c "$1"; :', sys.executable, PEAK]
    done = subprocess.check_output(shell, cwd=provenance.ROOT, text=True)
    before, after = map(float, done.split())
    assert before < 100
    assert 190 < after - before < 210


def test_files_digest_follows_names_and_content_and_times_where_content_is_much(
    tmp_path, monkeypatch
) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_bytes(b"same")
    before = files_digest(files)
    os.utime(files[0], (1, 1))
    assert files_digest(files) == before
    files[0].write_bytes(b"emas")
    assert files_digest(files) != before
    files[0].write_bytes(b"same")
    assert files_digest(files) == before != files_digest(files[:1])
    renamed = files[0].rename(tmp_path / "c")
    assert files_digest([renamed, files[1]]) != before

    monkeypatch.setattr("suite.running.provenance.READABLE", 7)
    before = files_digest([renamed, files[1]])
    os.utime(renamed, (2, 2))
    assert files_digest([renamed, files[1]]) != before


def test_imports_are_those_that_python_sees() -> None:
    """A line of a text that reads like an import may add a file; none may be missing."""
    for package in (*ROOMS, "suite"):
        for path in sorted((provenance.ROOT / package).rglob("*.py")):
            seen = {file_of(module) for module in imported(path, types=True)} - {None}
            assert seen <= set(provenance._imports(path)), path


def test_a_processor_is_told_by_its_family_and_model(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    one = "cpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n"
    info.write_text(f"processor\t: 0\n{one}\nprocessor\t: 1\n{one}")
    assert re.fullmatch(r"AMD EPYC \(family 25, model 1\), \d+ cores", machine(info))
    info.write_text("model name\t: Neoverse\n")
    assert re.fullmatch(r"Neoverse, \d+ cores", machine(info))
