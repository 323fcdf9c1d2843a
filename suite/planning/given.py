"""Checks of the user's input to Snakemake: the configuration, `--config` and targets."""

import difflib
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.planning.checks import check
from suite.planning.configuration import Config, parse_config
from suite.running.errors import InputError, within
from suite.running.files import make_cache, read_yaml


def validated(
    values: Mapping[str, Any],
    files: Sequence[str | Path],
    main: bool,
    options: Sequence[str] | None = (),
) -> Config:
    """The validated configuration. Bad input ends the program with one sentence.

    values: the values that Snakemake has read.
    files: their files. `read_yaml` refuses values that Snakemake reads without a warning.
    main: whether to check the data too. Jobs of the workflow need not repeat this.
    options: values of `--config`, KEY=VALUE, which override the files.
    """
    places = [os.path.relpath(file) for file in files] + (["--config"] if options else [])
    where = " and ".join(places) or "config"
    try:
        for file in files:
            read_yaml(Path(file))
        for option in options or ():
            _refuse_disguise(option)
        config = parse_config(values, where)
        with within(where):
            for warning in check(config) if main else ():
                print(f"warning: {where}: {warning}", file=sys.stderr)
        return config
    except InputError as error:
        sys.exit(f"error: {error}")


def _refuse_disguise(option: str) -> None:
    """Refuse KEY=VALUE if Snakemake reads the value as another number, such as 007 or 2024_01."""
    key, _, value = option.partition("=")
    if re.fullmatch(r"[+-]?\d+(_\d+)*", value) and value != str(int(value)):
        raise InputError(
            f"--config {option}: Snakemake reads the number {int(value)}: write this number, or "
            f"set {key} in the configuration file"
        )


def asked_of(arguments: Sequence[str]) -> list[str]:
    """The targets, and the rules named by options, of a Snakemake command line.

    Snakemake does not tell them to the Snakefile, and it ends with a traceback if no rule makes a
    target.
    """
    from snakemake.cli import get_argument_parser

    if "snakemake" not in arguments[0]:  # called by another program
        return []
    asked, _ = get_argument_parser().parse_known_args(list(arguments[1:]))
    options = ("targets", "forcerun", "until", "omit_from")
    return [str(name) for option in options for name in getattr(asked, option) or ()]


def check_command(arguments: Sequence[str]) -> None:
    """End the program with one sentence if Snakemake would fail before it reads the Snakefile.

    Without this, a missing file of --configfile and a cache folder that cannot be written end with
    a traceback. profiles/default/profile.yaml calls this.
    """
    from snakemake.cli import get_argument_parser
    from snakemake.common import get_appdirs

    asked, _ = get_argument_parser().parse_known_args(list(arguments[1:]))
    for file in asked.configfile or ():
        if not Path(file).is_file():
            hint = "check the path, and write targets before --configfile"
            sys.exit(f"error: --configfile {file}: no such file: {hint}")
    try:
        make_cache(Path(get_appdirs().user_cache_dir))
    except InputError as error:
        sys.exit(f"error: {error}")


def check_targets(targets: Sequence[str], rules: Collection[Any]) -> None:
    """End the program with one sentence if a target is neither a rule nor the file of a rule.

    rules: Snakemake's rule objects.
    """
    names = [rule.name for rule in rules]
    whole = sorted(rule.name for rule in rules if not rule.has_wildcards())
    for target in targets:
        made = any(rule.is_producer(target) for rule in rules)
        configuration = target.endswith((".yaml", ".yml"))
        if target in names or made or (Path(target).exists() and not configuration):
            continue
        near = difflib.get_close_matches(target, whole, n=1)
        hint = f": did you mean '{near[0]}'?" if near else ""
        if configuration:
            hint = f": to use a configuration, write --configfile {target}"
        sys.exit(
            f"error: no rule makes the target '{target}'{hint} (targets: {', '.join(whole)}, or a "
            "file below results/; write targets before --configfile)"
        )
