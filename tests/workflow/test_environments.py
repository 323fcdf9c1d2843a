"""The environments contain what their rooms import, in the versions of the lock."""

import re
from importlib.metadata import packages_distributions

import pytest
import yaml

from suite.planning.configuration import load_config
from suite.planning.environments import (
    FOLDER,
    LOCK,
    Environment,
    environment_text,
    environments,
    locked_versions,
    project_name,
)
from suite.planning.jobs import trainings
from suite.running.errors import InputError
from suite.running.provenance import ROOT
from tests.imports import ROOMS, reached, registered, third_party

ENVIRONMENTS = environments()
VERSIONS = locked_versions(LOCK.read_text(encoding="utf-8"))

each = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)


def runs(environment: Environment) -> set[str]:
    """The modules that an environment runs: its rooms' commands with all their imports.

    The configuration reads every registry. So it imports the registered modules of every room, but
    it calls none of their functions.
    """
    rooms = environment.rooms
    modules = reached({f"{r}.__main__" for r in rooms}.union(*map(registered, rooms)))
    if "suite.planning.configuration" in modules:
        modules |= reached(set().union(*map(registered, ROOMS)), functions=False)
    return modules


def projects(modules: set[str]) -> set[str]:
    """The projects that own the packages of these modules."""
    found = packages_distributions()
    return {project_name(found[module][0]) for module in third_party(modules)}


@each
def test_environment_holds_what_its_rooms_import_and_nothing_else(environment) -> None:
    assert {project_name(p) for p in environment.packages} == projects(runs(environment))


@each
def test_file_is_the_generated_one(environment) -> None:
    path = FOLDER / f"{environment.name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert text == environment_text(environment, VERSIONS), "run `make envs`"
    python, pip, wheels = yaml.safe_load(text)["dependencies"]
    assert re.fullmatch(r"python=3\.\d+", python) and pip == "pip"
    for line in wheels["pip"]:
        name, version = re.fullmatch(r"([\w-]+)(?:\[\w+\])?==([\w.]+)(?:; .+)?", line).groups()
        assert VERSIONS[project_name(name)] == version


def test_every_file_and_every_room_has_its_environment() -> None:
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {e.name for e in ENVIRONMENTS}
    assert sorted(room for e in ENVIRONMENTS for room in e.rooms) == sorted(ROOMS)


def test_jobs_run_a_room_in_its_own_environment() -> None:
    environment_of = {room: e.name for e in ENVIRONMENTS for room in e.rooms}
    found = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        for rule in re.split(r"^(?:use )?rule ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            name = re.search(r"envs/(\w+)\.yaml", rule)[1]
            for room in re.findall(r"python -m (\w+)|room=\"(\w+)\"", rule):
                if "".join(room) == "suite":  # is in every environment
                    continue
                found.add("".join(room))
                assert environment_of["".join(room)] == name, rule.partition(":")[0]
    for training in trainings(load_config(ROOT / "config" / "quick.yaml")):
        found.add(training.room)
        assert environment_of[training.room] == training.environment
    assert found == set(ROOMS)


def test_package_that_the_lock_lacks_is_named() -> None:
    with pytest.raises(InputError, match=r"envs/rooms.toml: made: the lock has no 'nonesuch'"):
        environment_text(Environment("made", ("gantk",), ("nonesuch",)), VERSIONS)


def test_jax_and_pytorch_stay_apart() -> None:
    for environment in ENVIRONMENTS:
        names = {project_name(package) for package in environment.packages}
        assert not {"jax", "torch"} <= names, environment.name


def test_lock_holds_every_requirement_and_no_address() -> None:
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    wanted = {project_name(line) for line in lines if line and not line.startswith("#")}
    assert wanted <= VERSIONS.keys()
    text = LOCK.read_text(encoding="utf-8")
    assert not re.search(r"://|^-|@ ", text, re.MULTILINE)
    pinned = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(re.match(r"[\w.-]+==[\w.]+( ; |$)", line) for line in pinned)
