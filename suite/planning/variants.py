"""Variants: a list in place of a setting makes one variant of the method for each value.

The name of a variant in files and figures is METHOD@KEY=VALUE,...
"""

import json
import re
from collections.abc import Mapping
from itertools import product
from typing import Any, get_origin

from suite.protocol.settings import Settings, kinds
from suite.running.errors import InputError

MARK = "@"


def method_of(variant: str) -> str:
    """The method of a variant. A method without lists is its own variant.

    >>> method_of("dcgan@networks=tuned")
    'dcgan'
    """
    return variant.partition(MARK)[0]


def _is_list(model: type[Settings], key: str) -> bool:
    """Whether the type of a setting is a list."""
    return any(get_origin(kind) is tuple for kind in kinds(model, key))


def searched(model: type[Settings], overrides: Mapping[str, Any]) -> list[str]:
    """The settings with a list of values, in order; a list setting needs a list of lists."""
    return [
        key
        for key, value in overrides.items()
        if isinstance(value, list)
        and (not _is_list(model, key) or any(isinstance(item, list) for item in value))
    ]


def _name(value: Any) -> str:
    """A value in the name of a variant: a list as a+b, a path as its last part."""
    if isinstance(value, list):
        return "+".join(map(_name, value)) or "none"
    return json.dumps(value).strip('"').rpartition("/")[2]


def variants(
    method: str, model: type[Settings], overrides: Mapping[str, Any], where: str
) -> dict[str, dict[str, Any]]:
    """Every combination of the listed values: variant -> settings with one value each.

    Raises:
        InputError: a list is empty or repeats a value, or a value cannot be part of a folder name.

    >>> class Example(Settings):
    ...     step: float = 1.0
    >>> variants("method", Example, {"step": [10, 100]}, "here")
    {'method@step=10': {'step': 10}, 'method@step=100': {'step': 100}}
    """
    keys = searched(model, overrides)
    for key in keys:
        names = [_name(value) for value in overrides[key]]
        if not names or len(set(names)) != len(names):
            raise InputError(
                f"{where}.{key}: each value of the list makes a variant: give at least one value, "
                "and each once (paths must differ in their last part)"
            )
        for value, name in zip(overrides[key], names, strict=True):
            if not re.fullmatch(r"[A-Za-z0-9._+-]+", name):
                raise InputError(
                    f"{where}.{key}: '{value}' cannot be part of a folder name, as each value of a "
                    "list must be: rename it, with letters, digits and . _ + - only"
                )
    found = {}
    for chosen in product(*(overrides[key] for key in keys)):
        own = dict(zip(keys, chosen, strict=True))
        name = ",".join(f"{key}={_name(value)}" for key, value in own.items())
        found[f"{method}{MARK}{name}" if own else method] = {**overrides, **own}
    return found
