"""Registration by file: a module of a room's folder that defines an entry registers it.

The entries of a room are in one package (`gantk.methods`, `datasets.sources`, ...). Each module
there defines at least one instance of a `Registered` subclass at module level. Front ends (command
lines, the workflow, the schema) read entries in environments without JAX or PyTorch, so such a
module imports these inside its functions only.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from suite.running.errors import unknown

Reference = tuple[str, str, str]
"""Paper; section, equation or table, or what is taken from it; link."""


@dataclass(frozen=True)
class Registered:
    """An entry of a registry.

    kind: the word for such an entry in errors.
    name: its name for users.
    references: its publications, if any. They do not identify a result (`suite.running.content`).
    """

    kind: ClassVar[str] = "entry"
    name: str
    references: Sequence[Reference] = field(default=(), kw_only=True)

    @property
    def summary(self) -> str:
        """One line about the entry; empty if the docstring of its module has it."""
        return ""


E = TypeVar("E", bound=Registered)


@dataclass(frozen=True)
class Registry(Generic[E]):
    """The entries that the modules of a package define.

    package: its dotted name.
    type: the class of the entries.
    """

    package: str
    type: type[E]

    @cached_property
    def _found(self) -> dict[str, tuple[E, str]]:
        found: dict[str, tuple[E, str]] = {}
        for info in pkgutil.iter_modules(importlib.import_module(self.package).__path__):
            module = importlib.import_module(f"{self.package}.{info.name}")
            entries = [value for value in vars(module).values() if isinstance(value, self.type)]
            if not entries:
                raise ValueError(f"{module.__name__} registers nothing")
            for entry in entries:
                if entry.name in found:
                    raise ValueError(f"'{entry.name}' is registered twice in {self.package}")
                found[entry.name] = entry, module.__name__
        return dict(sorted(found.items()))

    @property
    def entries(self) -> dict[str, E]:
        """Every entry by name, in alphabetical order.

        Raises:
            ValueError: a module defines no entry, or two entries share a name.
        """
        return {name: entry for name, (entry, _) in self._found.items()}

    def lookup(self, name: str, where: str = "") -> E:
        """The entry called `name`; InputError with the nearest valid name if there is none."""
        if name not in self._found:
            raise unknown(self.type.kind, name, self._found, where)
        return self._found[name][0]

    def summary_of(self, name: str) -> str:
        """The entry's own summary, or the first line of the docstring of its module."""
        module = importlib.import_module(self.module_of(name))
        return self._found[name][0].summary or (module.__doc__ or "").partition("\n")[0]

    def module_of(self, name: str) -> str:
        """The dotted name of the module that defines `name`."""
        return self._found[name][1]
