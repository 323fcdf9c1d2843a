"""What identifies the result of a job: the parameters of its rule."""

import json
import re

import pytest

from suite.planning import identity, jobs
from suite.running.provenance import ROOT
from tests.imports import ROOMS, registered
from tests.suite.test_jobs import config, wildcards

CARRIES = {"datasets.budgets", "datasets.init", "datasets.survey"}
CARRIES |= {"metrics.command", "metrics.inputs", "metrics.pairs"}
"""Modules that no job's result depends on, beside the command lines."""


def code(text: str) -> set[str]:
    return set(json.loads(text)["code"])


def every_code() -> set[str]:
    """The files on which the result of any job depends, for all registered entries."""
    found = set[str]()
    for room in ROOMS:
        for module in registered(room):
            found |= code(identity.code(module))
    drawn = identity.source_code(config(), wildcards(dataset="ring8"))
    modules = [evaluation.modules for evaluation in jobs.evaluations(config())]
    judged = [identity.evaluation_code(config(), *m) for m in (*modules, ("metrics.controls",))]
    reports = ("tables.write", "figures.write", "pages.index")
    told = [identity.code(f"reporting.{module}") for module in reports]
    return found.union(*map(code, (drawn, *judged, *told)))


def test_every_module_of_a_room_is_part_of_some_result_or_named_as_carrying_work_out() -> None:
    """Code that decides numbers must not be reachable from a command line only."""
    found, left = every_code(), set()
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name not in found and identity.source_of(name[:-3].replace("/", ".")).get(name):
                left.add(name[:-3].replace("/", "."))
    assert left == CARRIES | {f"{room}.__main__" for room in ROOMS}
    protocol = {p.relative_to(ROOT).as_posix() for p in (ROOT / "suite/protocol").glob("[a-z]*.py")}
    assert protocol <= found


def test_every_option_of_a_command_is_a_parameter_or_says_where_files_are() -> None:
    """The text of a command reruns nothing, and neither would an option written into it."""
    free = {"data", "train", "heldout", "class", "out", "checkpoint", "features", "config"}
    free |= {"results", "name", "part", "parts"}
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for command in re.findall(
            r"shell:\n((?:.*\n)+?)(?:\n|$)", path.read_text(encoding="utf-8")
        ):
            for option, value in re.findall(r"--([a-z-]+) ?(\{[a-z]+)?", command):
                assert option in free or value in ("{params", "{wildcards"), (path, option)


def test_settings_that_are_given_are_passed_on_and_no_defaults() -> None:
    asked = wildcards(experiment="table1", dataset="mnist", method="dcgan")
    assert identity.method_settings(config(), asked) == '{"updates": 2}'


def test_rows_of_a_reference() -> None:
    told = [
        identity.reference_rows(config(), wildcards(dataset="mnist", reference=r))
        for r in ("heldout", "class")
    ]
    assert told == ["--split heldout --n 16", "--split train"]


def test_code_is_that_of_what_a_job_uses() -> None:
    searched = {"datasets": {"mnist": {"n": [8]}}, "methods": {"dcgan": {"updates": [2, 3]}}}
    asked = wildcards(experiment="table1", dataset="mnist", method="dcgan@updates=2")
    method = code(identity.method_code(config(experiments={"table1": searched}), asked))
    assert {
        "baselines/methods/dcgan.py",
        "baselines/losses.py",
        "suite/protocol/seeds.py",
    } <= method
    assert not method & {"baselines/methods/wgan.py", "baselines/__main__.py"}
    drawn = code(identity.source_code(config(), wildcards(dataset="ring8")))
    assert {"datasets/sources/ring8.py", "datasets/draw.py", "datasets/points.py"} <= drawn
    assert not drawn & {"datasets/sources/mnist.py", "datasets/idx.py"}
    judged = code(identity.evaluation_code(config(), "metrics.controls"))
    assert {"metrics/controls.py", "metrics/definitions/fid.py", "metrics/inception.py"} <= judged
    assert not judged & {"metrics/definitions/kid.py", "metrics/judging.py", "metrics/lenet.py"}


@pytest.mark.parametrize("method", ["gantk2", "gantk2-finite"])
def test_files_that_settings_name_count_by_what_they_hold(tmp_path, method: str) -> None:
    start = tmp_path / "start.npz"
    methods = {"gantk2": {}, "gantk2-finite": {"start": str(start)}}
    found = config(experiments={"t": {"datasets": {"ring8": {"n": [8]}}, "methods": methods}})
    asked = wildcards(experiment="t", dataset="ring8", method=method)
    digests = []
    for text in ("one", "one", "two"):
        start.write_text(text)
        digests.append(json.loads(identity.method_files(found, asked)))
    first, same, other = digests
    assert (first == same != other) if method == "gantk2-finite" else (first == same == other == {})


def test_weights_of_the_user_count_by_what_they_hold(tmp_path) -> None:
    weights = tmp_path / "the weights.pth"
    weights.write_text("one")
    own = config(inception_weights=str(weights))
    before = identity.weights_files(own)
    assert identity.weights_option(own) == f"--weights '{weights}'"
    weights.write_text("two")
    assert identity.weights_files(own) != before
    assert (identity.weights_option(config()), identity.weights_files(config())) == ("", "{}")


def test_scope_of_a_configuration() -> None:
    one = identity.configuration(config(), wildcards(scope="table2"))
    every = identity.configuration(config(), wildcards(scope="all"))
    assert "table1" not in one and "table2" in one
    assert "table1" in every and "table2" in every
