"""Reading and writing files: a file is complete or absent, never half-written.

`write_artefact`, `write_json` and `write_arrays` write a digest beside the file, and the reading
functions compare it (`suite.running.digests`).
"""

import csv
import errno
import fcntl
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from suite.running.digests import check, digest_file, of_workflow, remedy, sha256_of
from suite.running.errors import InputError, from_os, within


def cache_folder() -> Path:
    """The cache that all checkouts of this user share, below $XDG_CACHE_HOME if that is set."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "gantk-bench"


def make_cache(folder: Path, otherwise: str = "") -> None:
    """Create a cache folder if necessary.

    otherwise: another remedy, which ends the error.

    Raises:
        InputError: the folder cannot be created or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise InputError(
            f"{folder}: the cache folder cannot be written ({error.strerror}): set XDG_CACHE_HOME "
            f"to a writable folder{otherwise}"
        ) from error


def cache_file(name: str, otherwise: str = "") -> Path:
    """The path of a file in the cache folder; see `make_cache`."""
    make_cache(cache_folder(), otherwise)
    return cache_folder() / name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to `path` if the block ends without an error.

    Raises:
        InputError: the folder or the file cannot be written, or the disk is full. An existing
            file at `path` stays unchanged.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        error.filename = path
        raise from_os(error) from error
    finally:
        with suppress(OSError):  # the first error is more useful
            temporary.unlink()


@contextmanager
def making(path: Path) -> Iterator[Path]:
    """Like `replacing`, for an artefact: its digest is written beside it before the rename."""
    try:
        with replacing(path) as temporary:
            yield temporary
            write_text(digest_file(path), f"{sha256_of(temporary)}  {path.name}\n")
    except InputError:
        if not path.is_file():
            with suppress(OSError):  # the first error is more useful
                digest_file(path).unlink()
        raise


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Wait for the lock of a file, and hold it for the block. One job at a time can hold it.

    The kernel releases the lock of a killed job. The file itself stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another process, which holds {path}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:  # a file system without locks
            print(f"continuing without the lock {path}: {error.strerror}", file=sys.stderr)
        yield


def write_text(path: Path, text: str) -> None:
    """Write text, completely or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_artefact(path: Path, text: str) -> None:
    """Write an artefact of text (a table, a page) with its digest, completely or not at all."""
    with making(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def csv_text(columns: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """CSV with these columns; numbers keep full precision, and None is an empty field.

    >>> csv_text(["n", "value"], [[64, 0.1], [128, None]])
    'n,value\\n64,0.1\\n128,\\n'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return buffer.getvalue()


def write_json(path: Path, value: Any) -> None:
    """Write an artefact as indented JSON. NaN and infinity are refused, since JSON has none."""
    write_artefact(path, json.dumps(value, indent=2, allow_nan=False, default=str) + "\n")


def _unreadable(path: Path, error: OSError) -> InputError:
    """The error of a file that cannot be read, with a remedy for a missing artefact."""
    if isinstance(error, FileNotFoundError) and of_workflow(path):
        return InputError(f"{path}: no such file: {remedy(path)}")
    return from_os(error)


def read_text(path: Path) -> str:
    """Read text; InputError if the file is missing or differs from its digest."""
    try:
        check(path)
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text file ({error}): {remedy(path)}") from error


def read_json(path: Path) -> Any:
    """Read JSON; InputError if the file is missing, not JSON, or differs from its digest."""
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON ({error}): {remedy(path)}") from error


MISREAD = {"int": r"[+-]?0.+|.*[:_+].*", "float": r".*[:_].*", "timestamp": r".*"}
"""Unquoted text that YAML 1.1 reads differently from how it looks: 032 is octal, 1:30 has base 60,
1_000 is 1000, and 2024-01-31 is a date."""


class _Literal(yaml.SafeLoader):
    """A YAML loader that refuses repeated keys, and values that YAML would change silently."""

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        text, kind = node.value, node.tag.rpartition(":")[2]
        if node.style is None and kind in MISREAD and re.fullmatch(MISREAD[kind], text):
            made = "a date" if kind == "timestamp" else "another number"
            raise InputError(
                f"line {node.start_mark.line + 1}: YAML reads {text} as {made}: write a number in "
                f"plain decimal digits, or text in quotes ('{text}')"
            )
        return node

    # Checked here, because construction copies merged keys (`<<`) into the mapping.
    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise InputError(f"line {line}: '{key.value}' is given twice: keep one of them")
                seen.add(key.value)
        return node


def read_yaml(path: Path) -> Any:
    """Read YAML.

    Raises:
        InputError: the file is missing or not YAML, repeats a key, or has an unquoted value that
            YAML reads as another number than it shows.
    """
    try:
        text = path.read_text(encoding="utf-8")
        with within(str(path)):
            return yaml.load(text, _Literal)
    except OSError as error:
        raise from_os(error) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write a compressed npz with its digest. The same arrays give the same bytes."""
    with making(path) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_arrays(path: Path, *required: str) -> dict[str, np.ndarray]:
    """Every array of an npz.

    Raises:
        InputError: the file is missing, corrupt, pickled or incomplete, or differs from its digest.
    """
    try:
        check(path)
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except OSError as error:
        if error.errno is None:
            raise InputError(f"{path}: not a readable .npz file: {remedy(path)}") from error
        raise _unreadable(path, error) from error
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib, NumPy and EOF errors: all mean a damaged file
        raise InputError(
            f"{path}: the file is damaged, or not an .npz of plain arrays ({error}): {remedy(path)}"
        ) from error
    missing = [name for name in required if name not in arrays]
    if missing:
        raise InputError(
            f"{path}: holds no array '{missing[0]}' (only: {', '.join(arrays) or 'none'}), so it "
            f"is another kind of file or from another version: {remedy(path)}"
        )
    return arrays


if __name__ == "__main__":  # python -m suite.running.files FILE: writes standard input to FILE
    try:
        write_artefact(Path(sys.argv[1]), sys.stdin.read())
    except InputError as error:
        sys.exit(f"error: {error}")
