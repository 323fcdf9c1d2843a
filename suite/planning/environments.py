"""The conda environments of the rules: packages of envs/rooms.toml, with versions of the lock.

`make envs` runs this module, which writes envs/NAME.yaml.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from suite.running.errors import InputError
from suite.running.files import write_text
from suite.running.provenance import ROOT

FOLDER = ROOT / "envs"
LOCK = ROOT / "requirements.lock"
PYTHON = "3.11"


@dataclass(frozen=True)
class Environment:
    """The environment of some rooms.

    name: of its file, envs/NAME.yaml.
    rooms: the rooms whose commands run in it.
    packages: requirements without a version, `name[extra]; marker`.
    note: a comment at the top of the file.
    """

    name: str
    rooms: Sequence[str]
    packages: Sequence[str]
    note: str = ""


def environments(path: Path = FOLDER / "rooms.toml") -> list[Environment]:
    """The environments that `path` describes."""
    described = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Environment(name, **values) for name, values in described.items()]


def project_name(requirement: str) -> str:
    """The normalised name of a requirement's project: lower case, with single hyphens."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def locked_versions(text: str) -> dict[str, str]:
    """Project -> version in the text of a lock, whose lines are `name==version ; marker`."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {project_name(line): line.partition("==")[2].split(";")[0].strip() for line in lines}


def environment_text(environment: Environment, versions: dict[str, str]) -> str:
    """The conda file of an environment.

    Raises:
        InputError: the lock lacks one of its packages.
    """
    wheels = []
    for package in environment.packages:
        name, semicolon, marker = package.partition(";")
        if project_name(package) not in versions:
            raise InputError(
                f"envs/rooms.toml: {environment.name}: the lock has no '{name}': add it to "
                "requirements.in and run `make lock`"
            )
        wheels.append(f"{name}=={versions[project_name(package)]}{semicolon}{marker}")
    content = {
        "channels": ["conda-forge", "nodefaults"],
        "dependencies": [f"python={PYTHON}", "pip", {"pip": wheels}],
    }
    rooms = ", ".join(environment.rooms)
    head = [f"{rooms}: `make envs` made it from rooms.toml and the lock."]
    notes = [f"# {line}" for line in head + environment.note.strip().splitlines()]
    return "\n".join([*notes, yaml.safe_dump(content, sort_keys=False, width=200)])


if __name__ == "__main__":
    locked = locked_versions(LOCK.read_text(encoding="utf-8"))
    for environment in environments():
        text = environment_text(environment, locked)
        write_text(FOLDER / f"{environment.name}.yaml", text)
