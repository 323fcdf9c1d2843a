"""Errors that a user can correct: one sentence that says what, where and the remedy."""

import difflib
import errno
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

PLAIN = {
    "path_type": "input should be a path",
    "tuple_type": "input should be a list, [VALUE, ...]",
    "dict_type": "input should be a mapping, KEY: VALUE",
    "model_type": "input should be a mapping, KEY: VALUE",
    "too_short": "at least one entry is needed",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number is needed"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number is needed"),
}
"""Replacements for pydantic's messages about Python types."""
LAST_LINE = re.compile(r"error: |[A-Za-z_.]+(Error|Exception)\b")
"""Start of the last line in the log of a job that failed with a message."""


class InputError(Exception):
    """Bad input. The message is one sentence with the fault, the place and the remedy."""


@contextmanager
def within(place: str) -> Iterator[None]:
    """Prefix the errors of a block with their place."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{place}: {error}") from error


def unknown(kind: str, name: str, valid: Iterable[str], where: str = "") -> InputError:
    """The error for an unregistered name, with the nearest valid one.

    >>> print(unknown("method", "dcgn", ["dcgan", "gan"]))
    unknown method 'dcgn': did you mean 'dcgan'? (valid: dcgan, gan)
    """
    valid = sorted(valid)
    near = difflib.get_close_matches(name, valid, n=1, cutoff=0.0)
    place = f" in {where}" if where else ""
    hint = f"did you mean '{near[0]}'? " if near else ""
    return InputError(
        f"unknown {kind} '{name}'{place}: {hint}(valid: {', '.join(valid) or 'none'})"
    )


def from_validation(error: ValidationError, where: str, valid_keys: Iterable[str]) -> InputError:
    """The first fault of a pydantic error as one sentence. valid_keys: suggestions for typos."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        return unknown("key", str(first["loc"][-1]), valid_keys, where)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    message = PLAIN.get(first["type"], first["msg"].removeprefix("Value error, "))
    told = first["type"] in ("missing", "value_error", "too_short")
    written = "nothing" if first["input"] is None else repr(first["input"])
    value = "" if told else f", not {written}{_remedy(first)}"
    place = f"{where}: {path}" if path else where
    return InputError(f"{place}: {message[:1].lower()}{message[1:]}{value}{more}")


def _remedy(fault: Any) -> str:
    """The remedy for invalid characters in a name, or for text that YAML reads differently."""
    kind, value = fault["type"], fault["input"]
    if kind == "string_pattern_mismatch" and "A-Za-z" in fault["ctx"]["pattern"]:
        return ": use only letters a to z, digits and . _ -"
    if kind not in ("string_type", "path_type", "literal_error"):
        return ""
    return ": put text in quotes" if isinstance(value, int | float) else ""


def from_os(error: OSError) -> InputError:
    """An error of the operating system as one sentence: a full disk, a missing path, ..."""
    path = error.filename or "the output"
    remedy = {
        errno.ENOSPC: "no space is left on the disk: free some, or choose another output folder",
        errno.EDQUOT: "the disk quota is used up: free some space, or choose another output folder",
        errno.EACCES: "permission denied: choose a path that you may read and write",
        errno.EROFS: "the file system is read-only: choose another output folder",
        errno.ENOENT: "no such file or folder: check the path",
        errno.EISDIR: "is a folder where a file is needed: check the path",
        errno.ENOTDIR: "a part of the path is a file, not a folder: check the path",
        errno.EEXIST: "a part of the path is a file, not a folder: check the path",
        errno.EIO: "the disk failed: check it, or choose another output folder",
        errno.EMFILE: "too many files are open: raise the limit (ulimit -n 4096)",
        errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
        errno.ELOOP: "the link points back to itself: correct it, or choose another path",
    }.get(error.errno or 0, error.strerror or str(error))
    return InputError(f"{path}: {remedy}")
