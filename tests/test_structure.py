"""The rooms are separate: the imports of every module, at any level of its code."""

import tomllib
from pathlib import Path

import pytest

from suite.running.provenance import ROOT
from tests.imports import ROOMS, file_of, imported, registered, third_party

PACKAGES = (*ROOMS, "suite")
MUTATIONS = ROOT / "tests" / "mutations"


def modules_of(package: str) -> dict[str, Path]:
    """Dotted name -> file of every module of a package."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = {name: path for package in PACKAGES for name, path in modules_of(package).items()}
OURS = {
    name: {m for m in imported(path, types=True) if file_of(m)} for name, path in MODULES.items()
}


@pytest.mark.parametrize("package", PACKAGES)
def test_room_imports_suite_and_itself_alone(package: str) -> None:
    allowed = {package, "suite"}
    for name in modules_of(package):
        foreign = {module for module in OURS[name] if module.partition(".")[0] not in allowed}
        assert not foreign, f"{name} imports {foreign}"


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circular import, with the first one again at the end; none without one."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name not in done:
            for other in sorted(graph.get(name, ())):
                found = visit(other, [*path, name])
                if found:
                    return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def test_no_circle_of_imports() -> None:
    assert not circle(OURS)


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


@pytest.mark.parametrize("room", [room for room in ROOMS if registered(room)])
def test_registered_modules_import_no_heavy_library(room: str) -> None:
    light = {"numpy", "pydantic"}
    for module in registered(room):
        found = third_party(imported(MODULES[module], functions=False))
        assert found <= light, f"{module} imports {found - light}"


def test_no_module_is_long() -> None:
    lengths = {n: len(p.read_text(encoding="utf-8").splitlines()) for n, p in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize("listed", sorted(MUTATIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_listed_fault_can_be_put_in(listed: Path) -> None:
    """`tests/mutation.py` replaces text that must occur once, and names tests that must exist."""
    for name, entry in tomllib.loads(listed.read_text(encoding="utf-8")).items():
        source = (ROOT / name).read_text(encoding="utf-8")
        assert all((ROOT / test).exists() for test in entry["tests"]), name
        assert [old for old, _ in entry["faults"] if source.count(old) != 1] == [], name
