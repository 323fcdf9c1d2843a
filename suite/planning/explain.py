"""Why the workflow would make something again: by what it was made with, and what it has now.

Snakemake itself says which jobs those are. It keeps the parameters with which a file was made, and
they hold all that identifies a result (`suite.planning.identity`), so that what differs has a name.
"""

import ast
import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from suite.running import paths
from suite.running.errors import InputError
from suite.running.files import read_json, read_yaml
from suite.running.provenance import ROOT, package_versions

PROFILE = ROOT / "profiles" / "default" / "profile.yaml"
ABSENT = "not given"
DIGESTS = {"code": "other code", "files": "other content"}
"""What is said of a digest that differs: its value tells nobody anything."""


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Nested mappings as one, its keys joined by dots; digests keep their file's name alone.

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
    """What the parameters of a job say, by name; as Snakemake keeps them, each as `repr` has it.

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
        elif isinstance(value, str | int) and value != "":  # lists are of inputs
            others.append(str(value))
    return found | ({"other parameters": ", ".join(sorted(others))} if others else {})


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """What differs between two mappings, a phrase each.

    >>> differences({"n": "3", "code a.py": "12"}, {"n": "4", "code a.py": "34", "m": "1"})
    ['a.py: other code', 'm: not given -> 1', 'n: 3 -> 4']
    """
    found = []
    for key in sorted({*before, *now}):
        old, new = before.get(key, ABSENT), now.get(key, ABSENT)
        kind, _, name = key.partition(" ")
        if kind in DIGESTS and ABSENT in (old, new) and old != new:
            found.append(
                f"{name}: {'new' if old == ABSENT else 'no more'} among what it depends on"
            )
        elif old != new:
            found.append(
                f"{name}: {DIGESTS[kind]}" if kind in DIGESTS else f"{key}: {old} -> {new}"
            )
    return found


@dataclass(frozen=True)
class Change:
    """A job that would run.

    rule: its name. place: what it makes, below results/NAME. reasons: phrases.
    """

    rule: str
    place: str
    reasons: tuple[str, ...]


def configuration_of(results: Path) -> Path:
    """The configuration that has the name of a folder of results, beside it or in config/.

    Raises:
        InputError: there is none, or more than one.
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
        f"{results}: its configuration is not known (with this name: {listed}): give it by "
        "--configfile"
    )


def changes(results: Path, configs: Sequence[Path]) -> list[Change]:
    """The jobs that the workflow would run now, in the order of their names."""
    graph, persistence = _graph(results.absolute().parents[1], configs)
    found = []
    for job in graph.needrun_jobs():
        if job.rule.norun:
            continue
        place = str(job.output[0])
        prefix = f"results/{results.absolute().name}/"
        reasons = tuple(_reasons(graph.reason(job), persistence.params_changed(job), prefix))
        found.append(Change(job.rule.name, place.removeprefix(prefix), reasons))
    return sorted(found, key=lambda change: (change.reasons, change.rule, change.place))


def _reasons(reason: Any, parameters: Any, prefix: str) -> Iterator[str]:
    if reason.missing_output:
        yield "not there yet"
    if reason.incomplete_output:
        yield "begun and not ended"
    if parameters:
        yield from differences(facts(parameters.only_old), facts(parameters.only_new))
    if reason.input_changed:
        yield "reads other files than before"
    for file in sorted(map(str, reason.updated_input)):
        yield f"another content: {file.removeprefix(prefix)}"
    if reason.updated_input_run:
        yield "what it reads is made again"
    if reason.forced:
        yield "asked for"


def _graph(project: Path, configs: Sequence[Path]) -> tuple[Any, Any]:
    """Snakemake's own plan for the default target, and what it has kept of past jobs."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.enums import Quietness, RerunTrigger
    from snakemake.settings.types import (
        ConfigSettings,
        DAGSettings,
        OutputSettings,
        ResourceSettings,
    )

    triggers = read_yaml(PROFILE)["rerun-triggers"]
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        flow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[path.absolute() for path in configs]),
            snakefile=ROOT / "Snakefile",
            workdir=project,
        )
        kinds = frozenset(RerunTrigger.parse_choice(name) for name in triggers)
        settings = DAGSettings(rerun_triggers=kinds, max_checksum_file_size=2**40)
        with redirect_stdout(StringIO()):
            flow.dag(settings).summary()
        return flow._workflow.dag, flow._workflow.persistence


COMPARED = ("method", "settings", "data", "seeds", "samples", "protocol", "device", "packages")
"""What decides a result or its last digits, of a run.json; its `source` and `files` beside."""


def compared(first: Path, second: Path) -> list[str]:
    """What differs between the parts of two runs: folders with a run.json."""
    told = []
    for folder in (first, second):
        record = read_json(folder / paths.RECORD)
        source = record.get("source", {})
        code = (
            source if isinstance(source, Mapping) else {"the whole source": source}
        )  # one digest, formerly
        known = {key: record.get(key) for key in COMPARED}
        told.append(flat(known | {"code": code, "named files": record.get("files")}))
    return differences(*told)


def versions(results: Path) -> list[str]:
    """Packages that differ from those that runs were made with, which makes nothing again."""
    now, counts = package_versions(), dict[str, int]()
    for record in results.glob(f"runs/**/{paths.RECORD}"):
        for package, version in read_json(record).get("packages", {}).items():
            if now.get(package) != version:
                phrase = f"{package} {version}, now {now.get(package, 'not installed')}"
                counts[phrase] = counts.get(phrase, 0) + 1
    return [f"{count} parts were made with {phrase}" for phrase, count in sorted(counts.items())]


def text_of(found: Sequence[Change]) -> str:
    """The jobs below the reasons that they share."""
    lines, last = [], None
    for change in found:
        if change.reasons != last:
            lines += ["", *(change.reasons or ("for no reason that is known",))]
            last = change.reasons
        lines.append(f"    {change.rule}: {change.place}")
    return "\n".join(lines)
