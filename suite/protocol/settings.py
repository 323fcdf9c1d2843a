"""The base of every settings model, and its one way to be filled from what a user wrote."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from suite.running.errors import InputError, from_validation


class Settings(BaseModel):
    """Settings of a method, dataset or run: unknown keys are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


S = TypeVar("S", bound=BaseModel)


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


def parse(model: type[S], values: Mapping[str, Any], where: str) -> S:
    """Validate `values` as `model`; InputError, one sentence naming `where`, if they do not fit."""
    if not isinstance(values, Mapping):
        raise InputError(f"{where}: expected a mapping of settings, not {values!r}")
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        raise from_validation(error, where, _keys_at(model, error.errors()[0]["loc"])) from None


def parse_pairs(model: type[S], text: str | None, pairs: list[str], where: str) -> S:
    """Settings from a JSON object and `KEY=VALUE` pairs (a value is JSON, or else plain text).

    >>> class Example(Settings):
    ...     step: float = 1.0
    ...     rule: str = "adam"
    >>> parse_pairs(Example, '{"step": 3}', ["rule=sgd"], "here")
    Example(step=3.0, rule='sgd')
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
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise InputError(f"{where}: '{pair}' is no KEY=VALUE")
        try:
            values[key] = json.loads(value)
        except ValueError:
            values[key] = value
    return parse(model, values, where)
