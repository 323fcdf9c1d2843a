"""The base of every settings model, and its one way to be filled from what a user wrote."""

import copy
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from suite.running.errors import InputError, from_validation


def _one_line(schema: dict[str, Any]) -> None:
    """Put the descriptions in the schema of a model on one line each."""
    for field in schema.get("properties", {}).values():
        if "description" in field:
            field["description"] = " ".join(field["description"].split())


class Settings(BaseModel):
    """Settings of a method, dataset or run: unknown keys are refused, values never change.

    The string below a field is its description. A path may begin with `~` and hold variables, as in
    a shell.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        json_schema_extra=_one_line,
    )

    @field_validator("*", mode="after")
    @classmethod
    def _expanded(cls, value: Any) -> Any:
        return expanded(value) if isinstance(value, Path) else value


S = TypeVar("S", bound=BaseModel)
POWER_OF_TEN = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""A number that YAML 1.1 takes for text: it wants a point and a sign, as in 1.0e+3."""


def expanded(path: Path) -> Path:
    """A path with `~` and variables replaced, as a shell does it, if it is not there as written.

    Raises:
        ValueError: a variable is not set, or there is no such user.
    """
    if os.path.lexists(path):
        return path
    text = os.path.expandvars(str(path))
    unset = re.search(r"\$(\w+|\{\w+\})", text)
    if unset:
        raise ValueError(f"{path}: the variable {unset[0]} is not set: set it, or write the path")
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: there is no such user: write the path") from error


def files_of(settings: Settings) -> list[Path]:
    """The files that settings name, a change of which changes what is made with them."""
    return [value for _, value in settings if isinstance(value, Path)]


def _keys_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """The field names valid where `path` ends, following nested settings models."""
    current: Any = model
    for part in path[:-1]:
        field = getattr(current, "model_fields", {}).get(part)
        if field is None:
            continue
        candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
        current = next((c for c in candidates if hasattr(c, "model_fields")), current)
    return list(current.model_fields)


def _converted(fault: Any) -> Any:
    """What a value of the wrong type says in the right one; None where it says nothing there."""
    value, kind = fault["input"], fault["type"]
    if kind in ("string_type", "path_type") and type(value) is int:
        return str(value)
    if kind == "int_parsing" and isinstance(value, str) and POWER_OF_TEN.fullmatch(value):
        return float(value)
    if kind in ("dict_type", "model_type") and value is None:  # a key with nothing behind it
        return {}
    return None


def _mended(values: dict[str, Any], error: ValidationError) -> dict[str, Any] | None:
    """Values with every `_converted` one in its place; None if there is none."""
    mended, changed = copy.deepcopy(values), False
    for fault in error.errors():
        instead, place = _converted(fault), [part for part in fault["loc"] if part != "[key]"]
        if instead is None:
            continue
        inner: Any = mended
        # Of a union the last parts of the place are names of types.
        while len(place) > 1 and isinstance(inner[place[0]], list | dict):
            inner = inner[place.pop(0)]
        if fault["loc"][-1] == "[key]":
            inner[instead] = inner.pop(place[0])
        else:
            inner[place[0]] = instead
        changed = True
    return mended if changed else None


def _refuse_switches(given: Any, made: Any, where: str, place: str = "") -> None:
    """Refuse true and false where a number is meant: Python would take them for 1 and 0."""
    if isinstance(given, bool) and isinstance(made, int | float) and not isinstance(made, bool):
        raise InputError(
            f"{where}: {place}: a number is needed, not {str(given).lower()}, as YAML also reads "
            f"{'yes and on' if given else 'no and off'}: write the number"
        )
    if isinstance(given, Mapping):
        fields = made if isinstance(made, Mapping) else dict(made) if made is not None else {}
        for key, value in given.items():
            if key in fields:
                _refuse_switches(value, fields[key], where, f"{place}.{key}" if place else f"{key}")
    elif isinstance(given, list | tuple) and isinstance(made, Sequence):
        for one, other in zip(given, made, strict=False):
            _refuse_switches(one, other, where, place)


def parse(model: type[S], values: Mapping[str, Any], where: str) -> S:
    """Validate `values` as `model`; InputError, one sentence naming `where`, if they do not fit.

    A whole number stands for its text where text is needed, the text of a power of ten for the
    number (YAML makes the one of the other), and nothing for no settings. True and false stand for
    no number.

    >>> class Example(Settings):
    ...     path: Path
    ...     count: int
    >>> parse(Example, {"path": 2024, "count": "1e3"}, "here").count
    1000
    >>> parse(Example, {"path": "a", "count": True}, "here")
    Traceback (most recent call last):
    suite.running.errors.InputError: here: count: a number is needed, not true, ...
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: expected a mapping of settings, not {values!r}")
    given = dict(values)
    try:
        made = model.model_validate(given)
    except ValidationError as error:
        mended = _mended(given, error)
        if mended is not None:
            return parse(model, mended, where)
        raise from_validation(error, where, _keys_at(model, error.errors()[0]["loc"])) from None
    _refuse_switches(given, made, where)
    return made


def _is_text(model: type[BaseModel], key: str) -> bool:
    """Whether a setting is text: a string or a path, or perhaps nothing."""
    field = model.model_fields.get(key)
    kinds = () if field is None else (field.annotation, *get_args(field.annotation))
    return str in kinds or Path in kinds


def parse_pairs(model: type[S], text: str | None, pairs: list[str], where: str) -> S:
    """Settings from a JSON object and `KEY=VALUE` pairs.

    A value is JSON, or else plain text; of a setting that is text it is JSON only in quotes.

    >>> class Example(Settings):
    ...     step: float = 1.0
    ...     rule: str = "adam"
    >>> parse_pairs(Example, '{"step": 3}', ["rule=sgd"], "here")
    Example(step=3.0, rule='sgd')
    >>> parse_pairs(Example, None, ["rule=2024.10"], "here").rule
    '2024.10'
    >>> parse_pairs(Example, None, ["stepp=3"], "here")
    Traceback (most recent call last):
    suite.running.errors.InputError: unknown key 'stepp' in here: did you mean 'step'? ...
    """
    try:
        values = json.loads(text) if text else {}
    except ValueError as error:
        raise InputError(f"{where}: not valid JSON ({error}): give one JSON object") from error
    if not isinstance(values, dict):
        raise InputError(f"{where}: expected one JSON object, not {values!r}")
    seen = set[str]()
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise InputError(f"{where}: '{pair}' is no KEY=VALUE: write one, as in updates=300")
        if key in seen:
            raise InputError(f"{where}: '{key}' stands twice: keep one of them")
        seen.add(key)
        read: Any
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        as_written = _is_text(model, key) and read is not None and not isinstance(read, str)
        values[key] = value if as_written else read
    return parse(model, values, where)
