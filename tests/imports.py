"""The imports of this repository's modules, read from their source."""

import ast
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from suite.protocol.method import METHODS
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.protocol.registry import Registry
from suite.protocol.source import SOURCES
from suite.running.provenance import ROOT

REGISTRIES: tuple[Registry, ...] = (*METHODS.values(), SOURCES, METRICS, EXTRACTORS)
ROOMS = ("datasets", "gantk", "baselines", "metrics", "reporting")


def file_of(module: str) -> Path | None:
    """The file of a module of this repository; None for other modules."""
    base = ROOT.joinpath(*module.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.exists()), None)


def statements(node: ast.AST, functions: bool, types: bool) -> Iterator[ast.AST]:
    """The nodes below `node`, with or without functions and imports for type checkers."""
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        typing = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if (typing and not types) or (later and not functions):
            continue
        yield child
        yield from statements(child, functions, types)


def imported(path: Path, functions: bool = True, types: bool = False) -> set[str]:
    """The modules that a file imports: full names in this repository, top names of all others."""
    found: set[str] = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8")), functions, types):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: a relative import"
            members = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name for name in members if file_of(name)] or [node.module]
        else:
            continue
        found.update(name if file_of(name) else name.partition(".")[0] for name in names)
    return found


def reached(modules: Iterable[str], functions: bool = True) -> set[str]:
    """The modules, and everything that they import directly or through this repository."""
    todo, seen = list(modules), set[str]()
    while todo:
        module = todo.pop()
        if module in seen:
            continue
        seen.add(module)
        path = file_of(module)
        if path is not None:
            todo.extend(imported(path, functions))
    return seen


def third_party(modules: Iterable[str]) -> set[str]:
    """Top names among `modules` that belong to neither this repository nor Python."""
    return {name for name in modules if not file_of(name) and name not in sys.stdlib_module_names}


def registered(room: str) -> set[str]:
    """The modules of a room that register an entry."""
    return {
        registry.module_of(name)
        for registry in REGISTRIES
        if registry.package.startswith(f"{room}.")
        for name in registry.entries
    }
