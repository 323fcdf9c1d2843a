"""Why the workflow would run a job again: what has changed since its files were made.

Snakemake decides which jobs run. It stores the parameters with which each file was made, and these
contain everything that identifies a result (`suite.planning.identity`). A comparison with the
current parameters shows each change.
"""

import ast
import json
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from suite.running import paths
from suite.running.errors import InputError
from suite.running.files import read_json, read_yaml
from suite.running.provenance import ROOT, package_versions

PROFILE = ROOT / "profiles" / "default" / "profile.yaml"
ABSENT = "not given"
DIGESTS = {"code": "code changed", "files": "content changed"}
"""Parameter with digests -> how a change is reported, without the digests themselves."""
REASONS = {
    "missing_output": "its files are missing",
    "incomplete_output": "it was interrupted",
    "input_changed": "its list of input files changed",
    "updated_input_run": "its input files would be made again",
    "forced": "it was requested",
}
"""Field of Snakemake's `Reason` -> a phrase."""


def flat(value: Any, name: str = "") -> dict[str, str]:
    """A nested mapping as a flat one, with keys joined by dots, or by a space before a digest.

    >>> flat({"seeds": {"data": 3}, "code": {"a/b.py": "12ab"}})
    {'seeds.data': '3', 'code a/b.py': '12ab'}
    """
    if not isinstance(value, Mapping):
        return {name: value if isinstance(value, str) else json.dumps(value)}
    found: dict[str, str] = {}
    for key, inner in value.items():
        link = " " if name in DIGESTS else "."
        found |= flat(inner, f"{name}{link}{key}" if name else key)
    return found


def facts(parameters: Iterable[str]) -> dict[str, str]:
    """The parameters of a job by name.

    parameters: as Snakemake stores them, the `repr` of each.

    >>> facts(["'--samples 16 --seed 0'", '\\'{"code": {"a/b.py": "12ab"}}\\''])
    {'--samples': '16', '--seed': '0', 'code a/b.py': '12ab'}
    """
    found: dict[str, str] = {}
    others = []
    for text in parameters:
        try:
            value = ast.literal_eval(text)
        except (SyntaxError, ValueError):
            value = text
        if isinstance(value, str) and value.startswith("{"):
            value = json.loads(value)
        if isinstance(value, str) and value.startswith("--"):
            words = shlex.split(value)
            for place, word in enumerate(words):
                if word.startswith("--"):
                    own = words[place + 1 : place + 2]
                    found[word] = own[0] if own and not own[0].startswith("--") else "yes"
        elif isinstance(value, Mapping):
            found |= flat(value)
        elif isinstance(value, str | int) and value != "":  # a list has input files
            others.append(str(value))
    return found | ({"other parameters": ", ".join(sorted(others))} if others else {})


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The differences between two mappings, one phrase for each.

    >>> differences({"n": "3", "code a.py": "12"}, {"n": "4", "code a.py": "34", "m": "1"})
    ['a.py: code changed', 'm: not given -> 1', 'n: 3 -> 4']
    """
    found = []
    for key in sorted({*before, *now}):
        old, new = before.get(key, ABSENT), now.get(key, ABSENT)
        kind, _, name = key.partition(" ")
        if kind in DIGESTS and ABSENT in (old, new) and old != new:
            found.append(f"{name}: {'newly' if old == ABSENT else 'no longer'} used")
        elif old != new:
            found.append(
                f"{name}: {DIGESTS[kind]}" if kind in DIGESTS else f"{key}: {old} -> {new}"
            )
    return found


@dataclass(frozen=True)
class Change:
    """A job that would run.

    rule: the name of its rule. place: its first output, below results/NAME. reasons: why it would
    run, one phrase for each reason.
    """

    rule: str
    place: str
    reasons: tuple[str, ...]


def configuration_of(results: Path) -> Path:
    """The configuration with the name of a results folder, in the project or its config/.

    Raises:
        InputError: there is none, or several.
    """
    project = results.absolute().parents[1]
    found = []
    for path in sorted([*project.glob("*.yaml"), *project.glob("config/*.yaml")]):
        try:
            values = read_yaml(path)
        except InputError:
            continue
        if isinstance(values, Mapping) and values.get("name") == results.absolute().name:
            found.append(path)
    if len(found) == 1:
        return found[0]
    listed = ", ".join(map(str, found)) if found else "none"
    raise InputError(
        f"{results}: its configuration is unknown (files with this name: {listed}): name it with "
        "--configfile"
    )


def changes(results: Path, configs: Sequence[Path]) -> list[Change]:
    """The jobs that the workflow would run now, ordered by their reasons and names."""
    graph, persistence = _graph(results.absolute().parents[1], configs)
    prefix, found = f"results/{results.absolute().name}/", []
    for job in graph.needrun_jobs():
        if not job.rule.norun:
            reasons = _reasons(graph.reason(job), persistence.params_changed(job), prefix)
            place = str(job.output[0]).removeprefix(prefix)
            found.append(Change(job.rule.name, place, tuple(reasons)))
    return sorted(found, key=lambda change: (change.reasons, change.rule, change.place))


def _reasons(reason: Any, parameters: Any, prefix: str) -> Iterator[str]:
    yield from (phrase for field, phrase in REASONS.items() if getattr(reason, field))
    if parameters:
        yield from differences(facts(parameters.only_old), facts(parameters.only_new))
    for file in sorted(map(str, reason.updated_input)):
        yield f"{file.removeprefix(prefix)}: content changed"


def _graph(project: Path, configs: Sequence[Path]) -> tuple[Any, Any]:
    """Snakemake's graph of jobs for the default target, and its records of past jobs."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings import types
    from snakemake.settings.enums import Quietness, RerunTrigger

    triggers = read_yaml(PROFILE)["rerun-triggers"]
    with SnakemakeApi(types.OutputSettings(quiet={Quietness.ALL})) as api:
        flow = api.workflow(
            resource_settings=types.ResourceSettings(cores=1),
            config_settings=types.ConfigSettings(configfiles=[path.absolute() for path in configs]),
            snakefile=ROOT / "Snakefile",
            workdir=project,
        )
        kinds = frozenset(RerunTrigger.parse_choice(name) for name in triggers)
        settings = types.DAGSettings(rerun_triggers=kinds, max_checksum_file_size=2**40)
        with redirect_stdout(StringIO()):
            flow.dag(settings).summary()
        return flow._workflow.dag, flow._workflow.persistence


COMPARED = ("method", "settings", "data", "seeds", "samples", "protocol", "device", "packages")
"""Keys of run.json that decide a result or its last digits, without `source` and `files`."""

NAMED = "files that the settings name"


def compared(first: Path, second: Path) -> list[str]:
    """The differences between two parts of runs, given by their folders."""
    told = []
    for folder in (first, second):
        record = read_json(folder / paths.RECORD)
        code, files = record.get("source", {}), record.get("files")
        if not isinstance(code, Mapping):  # one digest, in earlier versions
            code = {"the whole source": code}
        known = {key: record.get(key) for key in COMPARED}
        named = {"files": {NAMED: files}} if files else {}
        told.append(flat(known | {"code": code} | named))
    return differences(*told)


def versions(results: Path) -> list[str]:
    """Packages whose versions have changed since runs were made. This reruns no job."""
    now = package_versions()
    counts = Counter(
        f"{package} {version}, now {now.get(package, 'not installed')}"
        for record in results.glob(f"runs/**/{paths.RECORD}")
        for package, version in read_json(record).get("packages", {}).items()
        if now.get(package) != version
    )
    return [
        f"parts of runs made with {phrase}: {count}" for phrase, count in sorted(counts.items())
    ]


def text_of(found: Sequence[Change]) -> str:
    """The jobs, grouped by their reasons."""
    lines = []
    for reasons, jobs in groupby(found, key=lambda change: change.reasons):
        lines += ["", *(reasons or ("no known reason",))]
        lines += [f"    {job.rule}: {job.place}" for job in jobs]
    return "\n".join(lines)
