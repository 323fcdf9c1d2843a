"""Registration by file: a module of a room's folder that defines an entry registers it.

A room keeps its entries in one package (`gantk.methods`, `datasets.sources`, ...). Each module
there defines one instance of a `Registered` subclass at module level. Entries are read by
every front end (command lines, the workflow, the schema), often in an environment without the
room's heavy libraries: such a module imports JAX or PyTorch inside its functions only.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from suite.errors import unknown


@dataclass(frozen=True)
class Registered:
    """An entry of a registry: what the user calls it, and what the entry is called in errors."""

    kind: ClassVar[str] = "entry"
    name: str


@cache
def registered(package: str) -> dict[str, Registered]:
    """Every entry defined in the modules of `package`, by name and in the order of the names.

    Raises:
        ValueError: a module defines no entry, or two entries share a name.
    """
    found: dict[str, Registered] = {}
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        entries = [value for value in vars(module).values() if isinstance(value, Registered)]
        if not entries:
            raise ValueError(f"{module.__name__} registers nothing")
        for entry in entries:
            if entry.name in found:
                raise ValueError(f"'{entry.name}' is registered twice in {package}")
            found[entry.name] = entry
    return dict(sorted(found.items()))


def lookup(package: str, name: str, where: str = "") -> Registered:
    """The entry called `name`; InputError with the nearest valid name if there is none."""
    entries = registered(package)
    if name not in entries:
        kind = next(iter(entries.values())).kind if entries else "entry"
        raise unknown(kind, name, entries, where)
    return entries[name]


def module_of(package: str, name: str) -> str:
    """The dotted name of the module that registers `name`, for digests of its source."""
    entry = lookup(package, name)
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{info.name}")
        if any(value is entry for value in vars(module).values()):
            return module.__name__
    raise AssertionError(f"{name} has no module")
