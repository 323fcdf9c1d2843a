"""The base of every settings model, and how it is filled from the user's input."""

import copy
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from suite.running.errors import InputError, from_validation


def _one_line(schema: dict[str, Any]) -> None:
    """Put the descriptions in the schema of a model on one line each."""
    for field in schema.get("properties", {}).values():
        if "description" in field:
            field["description"] = " ".join(field["description"].split())


class Settings(BaseModel):
    """Settings of a method, dataset or run. Unknown keys are refused; values are immutable.

    The string below a field is its description. A path may start with `~` and contain variables, as
    in a shell.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        json_schema_extra=_one_line,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse true and false in place of numbers and text. Python would read them as 1 and 0."""
        given = value if isinstance(value, list | tuple) else (value,)
        switch = next((one for one in given if isinstance(one, bool)), None)
        if switch is not None and bool not in kinds(cls, info.field_name or ""):
            words = "yes and on as true" if switch else "no and off as false"
            raise ValueError(
                f"true and false are neither numbers nor text (YAML also reads {words}): write the "
                "number, or put text in quotes"
            )
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _expanded(cls, value: Any) -> Any:
        return expanded(value) if isinstance(value, Path) else value


S = TypeVar("S", bound=BaseModel)
POWER_OF_TEN = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")
"""Numbers that YAML 1.1 reads as text. It reads 1.0e+3, with a point and a sign, as a number."""


def expanded(path: Path) -> Path:
    """A path with `~` and variables replaced, as by a shell, unless it exists as written.

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
        raise ValueError(f"{path}: there is no such user: write the full path") from error


def kinds(model: type[BaseModel], key: str) -> tuple[Any, ...]:
    """The type of a setting and its alternatives or entries; none for an unknown setting."""
    field = model.model_fields.get(key)
    return () if field is None else (field.annotation, *get_args(field.annotation))


def files_of(settings: Settings) -> list[Path]:
    """The files that settings name. Their content can change a result."""
    return [value for _, value in settings if isinstance(value, Path)]


def _keys_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """The valid field names at the end of `path`, which may lead through nested models."""
    inner: Any = model
    for part in path[:-1]:
        inner = next((k for k in kinds(inner, part) if hasattr(k, "model_fields")), inner)
    return list(inner.model_fields)


def _converted(fault: Any) -> Any:
    """A value of the wrong type, converted to the right one; None if that is not possible."""
    value, kind = fault["input"], fault["type"]
    if kind in ("string_type", "path_type") and type(value) is int:
        return str(value)
    if kind == "int_parsing" and isinstance(value, str) and POWER_OF_TEN.fullmatch(value):
        return float(value)
    if kind in ("dict_type", "model_type") and value is None:  # a key without a value
        return {}
    return None


def _mended(values: dict[str, Any], error: ValidationError) -> dict[str, Any] | None:
    """The values with all possible conversions (`_converted`); None if there are none."""
    mended = copy.deepcopy(values)
    for fault in error.errors():
        instead, place = _converted(fault), [part for part in fault["loc"] if part != "[key]"]
        if instead is None:
            continue
        inner: Any = mended
        # For a union, the last parts of the place are names of types.
        while len(place) > 1 and isinstance(inner[place[0]], list | dict):
            inner = inner[place.pop(0)]
        if fault["loc"][-1] == "[key]":
            inner[instead] = inner.pop(place[0])
        else:
            inner[place[0]] = instead
    return mended if mended != values else None


def parse(model: type[S], values: Mapping[str, Any], where: str) -> S:
    """Validate `values` as `model`; InputError with one sentence if they are invalid.

    Values that YAML reads with another type are converted: a whole number to text, text like 1e3 to
    a number, and an empty value to an empty mapping. True and false are not numbers.

    >>> class Example(Settings):
    ...     path: Path
    ...     count: int
    >>> parse(Example, {"path": 2024, "count": "1e3"}, "here").count
    1000
    >>> parse(Example, {"path": "a", "count": True}, "here")
    Traceback (most recent call last):
    suite.running.errors.InputError: here: count: true and false are neither numbers nor text ...
    """
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: expected a mapping of settings, not {values!r}")
    given = dict(values)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        mended = _mended(given, error)
        if mended is not None:
            return parse(model, mended, where)
        raise from_validation(error, where, _keys_at(model, error.errors()[0]["loc"])) from None


def parse_pairs(model: type[S], text: str | None, pairs: list[str], where: str) -> S:
    """Settings from a JSON object and `KEY=VALUE` pairs.

    A value is read as JSON, otherwise as text. For a text setting, only JSON in quotes is JSON.

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
            raise InputError(f"{where}: '{pair}' is not KEY=VALUE: write for example updates=300")
        if key in seen:
            raise InputError(f"{where}: '{key}' is given twice: keep one of them")
        seen.add(key)
        read: Any
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        words = str in kinds(model, key) or Path in kinds(model, key)
        values[key] = value if words and not isinstance(read, str | None) else read
    return parse(model, values, where)
