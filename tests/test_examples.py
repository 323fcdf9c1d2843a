"""The examples in docstrings of public functions are correct."""

import doctest
import importlib
from collections import Counter
from types import ModuleType

import pytest

import docs.docstrings
import reporting.tables.numbers
from suite.running.provenance import ROOT

ROOMS = ("suite", "datasets", "gantk", "baselines", "metrics", "reporting", "docs")
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "\n>>> " in path.read_text(encoding="utf-8").replace("    ", "")
]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


def failed(module: ModuleType) -> tuple[int, str]:
    """The number of examples of a module that fail, and the report of doctest."""
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for test in examples(module):
        runner.run(test, out=said.append)
    return runner.summarize(verbose=False).failed, "".join(said)


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    count, said = failed(importlib.import_module(name))
    assert not count, said


def test_every_room_has_examples() -> None:
    count = Counter[str]()
    for name in MODULES:
        count[name.partition(".")[0]] += len(examples(importlib.import_module(name)))
    assert all(count[room] >= 2 for room in ROOMS[:-1]) and count.total() >= 25, count


def test_an_example_fails_where_the_code_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting.tables.numbers, "decimals", lambda value: 1)
    count, said = failed(reporting.tables.numbers)
    assert count and "'31.10'" in said and "'31.1'" in said
    monkeypatch.setattr(docs.docstrings, "escaped", lambda text: text)
    assert failed(docs.docstrings)[0]
