"""What a user gives Snakemake: a configuration, options over it, and targets."""

import difflib
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.planning.checks import check
from suite.planning.configuration import Config, parse_config
from suite.running.errors import InputError
from suite.running.files import read_yaml


def validated(
    values: Mapping[str, Any],
    files: Sequence[str | Path],
    main: bool,
    options: Sequence[str] | None = (),
) -> Config:
    """The configuration; ends the program with one sentence if there is a fault in it.

    files: that it was read from, by Snakemake, which does not see what `read_yaml` refuses.
    main: whether to look at the data too, which each job would repeat.
    options: the values of `--config`, KEY=VALUE, that go over the files.
    """
    places = [os.path.relpath(file) for file in files] + (["--config"] if options else [])
    where = " and ".join(places) or "config"
    try:
        for file in files:
            read_yaml(Path(file))
        for option in options or ():
            _refuse_disguise(option)
        config = parse_config(values, where)
        if main:
            for warning in check(config, where):
                print(f"warning: {warning}", file=sys.stderr)
        return config
    except InputError as error:
        sys.exit(f"error: {error}")


def _refuse_disguise(option: str) -> None:
    """Refuse KEY=VALUE of which Snakemake makes a number that it does not show: 007, 2024_01."""
    key, _, value = option.partition("=")
    if re.fullmatch(r"[+-]?\d+(_\d+)*", value) and value != str(int(value)):
        raise InputError(
            f"--config {option}: Snakemake reads the number {int(value)}: write it so, or set "
            f"{key} in the configuration's file"
        )


def asked_of(arguments: Sequence[str]) -> list[str]:
    """The targets that a command line of Snakemake's names, and the rules of its options.

    A Snakefile is read before Snakemake tells of them, and one that nothing makes is a traceback.
    """
    from snakemake.cli import get_argument_parser

    if "snakemake" not in arguments[0]:  # called by another program
        return []
    asked, _ = get_argument_parser().parse_known_args(list(arguments[1:]))
    options = ("targets", "forcerun", "until", "omit_from")
    return [str(name) for option in options for name in getattr(asked, option) or ()]


def check_targets(targets: Sequence[str], rules: Collection[Any]) -> None:
    """End the program with one sentence where a target is no rule and no file that a rule makes.

    rules: as Snakemake has them.
    """
    names = [rule.name for rule in rules]
    whole = sorted(rule.name for rule in rules if not rule.has_wildcards())
    for target in targets:
        made = any(rule.is_producer(target) for rule in rules)
        if target in names or made or Path(target).exists():
            continue
        near = difflib.get_close_matches(target, whole, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        sys.exit(
            f"error: no rule makes the target '{target}': {hint}(targets: {', '.join(whole)}, or a "
            "file below results/; targets stand before --configfile)"
        )
