"""Digests of what can change a number: code without its texts, and the content of files.

Code is parsed with `ast`, so comments and layout do not count. Docstrings, error messages,
descriptions and references do not count either. `suite.running` and `suite.planning` are left out:
their decisions about a result are options of a job's command. A change in them that affects results
in another way must raise `suite.protocol.artefacts.PROTOCOL`.
"""

import ast
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from suite.running.errors import InputError
from suite.running.files import cache_folder, write_text
from suite.running.provenance import ROOT

LEFT_OUT = ("suite/running/", "suite/planning/")
"""Folders whose code is not part of any digest."""

WORDS = ("description", "references")
"""Keyword arguments with texts, which change no number."""

FORM = "2"
"""Increased when `_written` changes, so that cached digests of the earlier form are not used."""

READABLE = 64 * 2**20
"""Files up to this many bytes are read each time; larger ones are cached by size and time."""

UNSETTLED = 2.0
"""Time after a change in which a file may change again without a new modification time [s]."""


def kept(key: str, find: Callable[[], Any]) -> Any:
    """The result of `find` as JSON, cached for this user on this machine.

    If the cache cannot be read or written, `find` is called again.
    """
    path = cache_folder() / "digests" / key
    with suppress(OSError, ValueError):
        return json.loads(path.read_text(encoding="utf-8"))
    found = find()
    with suppress(OSError, InputError):
        write_text(path, json.dumps(found))
    return found


def _is_text(node: object) -> bool:
    """Whether a statement is only a string, such as a docstring."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _parts(node: ast.AST) -> Iterator[tuple[str, object]]:
    """The fields of a node that can change a number."""
    for name, value in ast.iter_fields(node):
        if isinstance(node, ast.Raise) and isinstance(value, ast.Call):
            yield name, value.func
        elif isinstance(node, ast.Call) and name == "keywords":
            yield name, [word for word in node.keywords if word.arg not in WORDS]
        elif isinstance(node, ast.JoinedStr):  # Python 3.12 has an empty end after {a:>{b}}
            yield name, [part for part in node.values if getattr(part, "value", None) != ""]
        elif name not in ("ctx", "kind", "type_comment"):
            yield name, value


def _written(value: object) -> Iterator[str]:
    """A syntax tree as text that is the same in every Python version, unlike `ast.dump`."""
    if isinstance(value, ast.AST):
        yield f"{type(value).__name__}("
        for name, part in _parts(value):
            if part is not None and part != []:
                yield f"{name}="
                yield from _written(part)
        yield ")"
    elif isinstance(value, list):
        yield "["
        for item in value:
            if not _is_text(item):
                yield from _written(item)
        yield "]"
    else:
        yield f"{type(value).__name__} {value!r},"


def _imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of all imports at any level: modules, and members, which may be modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def code_of(text: bytes) -> tuple[str, list[str]]:
    """(digest of the code, "" if it has no statements; dotted names of its imports).

    Code with a syntax error is digested as text. The job that runs it reports the error.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return hashlib.sha256(text).hexdigest()[:16], []
    if all(_is_text(node) for node in tree.body):
        return "", []
    written = "".join(_written(tree))
    return hashlib.sha256(written.encode()).hexdigest()[:16], sorted({*_imports(tree)})


@cache
def _found(name: str) -> tuple[str, list[str]]:
    """`code_of` a file of this repository, cached in the process."""
    text = (ROOT / name).read_bytes()
    key = f"code{FORM}-{hashlib.sha256(text).hexdigest()[:32]}"
    digest, imports = kept(key, lambda: code_of(text))
    return digest, imports


@cache
def _files(dotted: str) -> tuple[str, ...]:
    """The files of this repository that an import of a module runs: its packages and its own."""
    base = dotted.replace(".", "/")
    own = [name for name in (f"{base}.py", f"{base}/__init__.py") if (ROOT / name).exists()]
    package, dot, _ = dotted.rpartition(".")
    return (*(_files(package) if dot else ()), *own)


@cache
def source_of(*modules: str) -> Mapping[str, str]:
    """File -> digest of its code, for `modules` and all that they import from this repository.

    Imports inside functions count. Modules that a registry finds do not: pass those that are used.
    """
    todo, seen, source = list(modules), set[str](), {}
    while todo:
        for name in _files(todo.pop()):
            if name in seen or name.startswith(LEFT_OUT):
                continue
            seen.add(name)
            digest, imports = _found(name)
            todo += imports
            if digest:
                source[name] = digest
    return dict(sorted(source.items()))


def joined(source: Mapping[str, str]) -> str:
    """One digest of the code of several files."""
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:16]


def _content(files: Iterable[tuple[Path, os.stat_result]]) -> str:
    digest = hashlib.sha256()
    for path, stat in files:
        digest.update(os.fsencode(path.name) + f" {stat.st_size} ".encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def files_digest(files: Iterable[Path]) -> str:
    """sha256 of the names, sizes and contents of files.

    If they have more than 64 MiB together, the digest is cached until a path, size or time changes.
    """
    known = [(file, file.stat()) for file in files]
    changed = max((max(stat.st_mtime, stat.st_ctime) for _, stat in known), default=0.0)
    small = sum(stat.st_size for _, stat in known) <= READABLE
    if small or changed > time.time() - UNSETTLED:
        return _content(known)
    state = hashlib.sha256()
    for file, stat in known:
        times = f" {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} "
        state.update(os.fsencode(file.absolute()) + times.encode())
    found: str = kept(f"files-{state.hexdigest()[:32]}", lambda: _content(known))
    return found
