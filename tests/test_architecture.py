"""The way of one number in ARCHITECTURE.md is followed here, call by call."""

import csv
import importlib
import inspect
import pkgutil
import re
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from suite.planning import identity, jobs
from suite.planning.configuration import load_config
from suite.running import paths
from suite.running.files import write_text
from suite.running.provenance import ROOT

ROOMS = ("datasets", "baselines", "metrics", "reporting")
TOLD_WHOLE = ("datasets/", "baselines/", "metrics/")
STEP = re.compile(r"^(\d+)\. `([^`]+)`(?:, `([^`]+)`)?", re.MULTILINE)
STEPS = STEP.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"))
"""Number, file, and function or "" of every numbered line of the page."""
Call = tuple[str, str]


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """(file, qualified name) of this repository's functions, in the order of their first calls."""
    for room in ROOMS:
        for module in pkgutil.walk_packages([str(ROOT / room)], f"{room}."):
            if not module.name.endswith("__main__"):
                for kept in vars(importlib.import_module(module.name)).values():
                    if hasattr(kept, "cache_clear"):  # filled by an earlier test
                        kept.cache_clear()
    found: dict[Call, None] = {}
    with recorded(found):
        row = cell(tmp_path_factory.mktemp("results"))
    assert (row["method"], row["metric"], row["status"]) == ("dcgan", "fid_train", "ok")
    return list(found)


@contextmanager
def recorded(found: dict[Call, None]) -> Iterator[None]:
    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_flags & inspect.CO_OPTIMIZED:
            return  # the body of a class or module, not a function
        path = Path(code.co_filename)
        if path.is_relative_to(ROOT) and ".venv" not in path.parts:
            found.setdefault((path.relative_to(ROOT).as_posix(), code.co_qualname))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def cell(folder: Path) -> dict[str, str]:
    """DCGAN's FID by the workflow's commands, in one process, as in the tiny configuration."""
    config = load_config(ROOT / "tests/workflow/tiny.yaml")
    config = config.model_copy(update={"metrics": ("fid_train",)})
    names = {"experiment": "table1", "dataset": "mnist", "n": "8", "method": "dcgan"}
    w = SimpleNamespace(**names, data_seed="0", seed="0", scope="table1")
    subset = folder / paths.SUBSET.format(**vars(w))
    run_folder = folder / paths.RUN.format(**vars(w))
    table = folder / paths.CONFIG.format(**vars(w))
    drawn = ["--settings", identity.source_settings(config, w), "--out", subset]
    command("datasets subset", identity.source_kind(config, w), "--name mnist --n 8", *drawn)
    trained = ["--settings", identity.method_settings(config, w), identity.drawn_samples(config, w)]
    trained += ["--part 0 --parts 1 --seed 0 --data", subset, "--out", run_folder]
    command("baselines train", jobs.method_of(w.method), *trained)
    judged = [jobs.options(["train"], [str(subset)]), identity.evaluated_samples(config)]
    judged += [identity.metrics(config), "--out", run_folder / paths.METRICS]
    command("metrics evaluate", run_folder / "part0", *judged)
    write_text(table, identity.configuration(config, w))
    command("reporting tables --results", folder, "--config", table)
    with open(folder / "tables/table1.csv", newline="", encoding="utf-8") as file:
        return next(csv.DictReader(file))


def command(*words: str | Path) -> None:
    """Run `python -m` with these words. A path or JSON is one word."""
    argv: list[str] = []
    for word in words:
        whole = isinstance(word, Path) or word.startswith("{")
        argv += [str(word)] if whole else word.split()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", argv)
        patch.delitem(sys.modules, f"{argv[0]}.__main__", raising=False)  # of an earlier test
        patch.setenv("DEVICE", "cpu")
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
    assert not ended.value.code, argv


def test_every_step_is_taken_in_its_order(calls):
    first: dict[Call, int] = {}
    for place, (file, name) in enumerate(calls):
        for part in name.replace(".<locals>", "").split("."):
            first.setdefault((file, part), place)
    called = [(file, function) for _, file, function in STEPS if function]
    assert not [step for step in called if step not in first]
    assert called == sorted(called, key=lambda step: first[step])


def test_no_step_is_left_out_or_told_twice(calls):
    told = [file for _, file, _ in STEPS]
    ran = {file for file, _ in calls if file.startswith(TOLD_WHOLE)}
    assert sorted(set(told)) == sorted(told)
    assert ran == {file for file in told if file.startswith(TOLD_WHOLE)}
    assert [int(number) for number, _, _ in STEPS] == list(range(1, len(STEPS) + 1))
    assert not [file for file in told if not (ROOT / file).is_file()]
