"""The pages of the site that are made from the code, as a hook of MkDocs.

They are made when the site is built and are never committed, so they always have every metric and
setting.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic import BaseModel

from docs.docstrings import as_markdown, escaped
from suite.planning.configuration import BestSnapshot, Config, Dataset, Experiment, Grid, Seeds
from suite.protocol.method import METHODS
from suite.protocol.metric import EXTRACTORS, METRICS, Metric
from suite.protocol.registry import Registered, Registry
from suite.protocol.source import SOURCES
from suite.running.provenance import ROOT

ROOMS = ("suite", "datasets", "gantk", "baselines", "metrics", "reporting", "benchmarks")
Schema = Mapping[str, Any]


def table(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A Markdown table; bars inside its cells are escaped."""
    rows = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    columns = list(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, ["---"] * len(columns), *rows])


def _bounds(field: Schema) -> str:
    low, high = field.get("minimum"), field.get("maximum")
    above, below = field.get("exclusiveMinimum"), field.get("exclusiveMaximum")
    signs = {"≥": low, ">": above, "≤": high, "<": below}
    return ", ".join(f"{sign} {value:,}" for sign, value in signs.items() if value is not None)


def values_of(field: Schema, definitions: Schema) -> str:
    """The valid values of a field of a JSON Schema, in words."""
    if "$ref" in field:
        return values_of(definitions[field["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in field:
        return " or ".join(values_of(one, definitions) for one in field["anyOf"])
    if "allOf" in field:
        return values_of(field["allOf"][0], definitions)
    if "const" in field or "enum" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    kind: str = field.get("type", "anything")
    if kind == "array":
        items = field.get("items") or {}
        return f"list of {values_of(items, definitions)}" if items else "list"
    if kind == "object":
        return "mapping"
    words = {"null": "nothing", "string": "text", "boolean": "true, false"}
    name = "path" if field.get("format") == "path" else words.get(kind, kind)
    bounds = _bounds(field)
    return f"{name} {bounds}" if bounds else name


def _default(field: Schema) -> str:
    if "default" not in field:
        return "–"
    value = field["default"]
    if value is None:
        return "none"
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return f"`{text.splitlines()[0]}`"


def setting_lines(model: type[BaseModel]) -> dict[str, list[str]]:
    """Key -> its line of a table: key, values, default and description."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return {
        key: [
            f"`{key}`",
            values_of(field, definitions),
            _default(field),
            escaped(field.get("description", "")),
        ]
        for key, field in schema.get("properties", {}).items()
    }


HEAD = ("key", "values", "default", "what it is")


def _rooms_methods(registry: Registry[Any]) -> list[str]:
    models = {name: setting_lines(entry.settings) for name, entry in registry.entries.items()}
    first, *others = models.values()
    shared = {key: line for key, line in first.items() if all(m.get(key) == line for m in others)}
    text = ["### Every method of this room", table(HEAD, shared.values())]
    for name, lines in models.items():
        own = [line for key, line in lines.items() if key not in shared]
        text += [
            f"### {name}",
            f"{registry.lookup(name).title}. {escaped(registry.summary_of(name))}",
            cited([registry.lookup(name)]),
            table(HEAD, own) if own else "It has only the settings of every method.",
        ]
    return text


def settings_page() -> str:
    """The page of all settings, from their models."""
    text = [
        "# Settings",
        "Every key of a configuration and every setting of every method and dataset, with its unit "
        "in brackets. `config/schema.json` has the same for editors. Other keys are refused, with "
        "the nearest valid one. A list in place of a method's setting makes one variant for each "
        "value.",
        "## The configuration",
        table(HEAD, setting_lines(Config).values()),
    ]
    for model in (Seeds, Dataset, Experiment, Grid, BestSnapshot):
        text += [
            f"### {model.__name__}",
            inspect.getdoc(model) or "",
            table(HEAD, setting_lines(model).values()),
        ]
    for room, registry in METHODS.items():
        text += [f"## Methods of {room}", *_rooms_methods(registry)]
    text.append("## Datasets")
    for name, source in SOURCES.entries.items():
        lines = setting_lines(source.settings)
        text += [
            f"### {name}",
            f"{source.title}. {escaped(SOURCES.summary_of(name))}",
            table(HEAD, lines.values()) if lines else "No settings.",
        ]
    return "\n\n".join(part for part in text if part) + "\n"


def cited(entries: Iterable[Registered]) -> str:
    """The references of entries as links, without repeats."""
    found = dict.fromkeys(reference for entry in entries for reference in entry.references)
    links = (f"[{escaped(paper)}, {place}]({link})" for paper, place, link in found)
    return f"Published: {'; '.join(links)}." if found else ""


def _by(
    metrics: Iterable[Metric], key: Callable[[Metric], str]
) -> Iterable[tuple[str, list[Metric]]]:
    groups: dict[str, list[Metric]] = {}
    for metric in metrics:
        groups.setdefault(key(metric), []).append(metric)
    return groups.items()


def metrics_page() -> str:
    """The page of all metrics, with the equations of their modules."""
    text = [
        "# Metrics",
        "For each registered metric: its name, the better direction, the set of rows with which it "
        "compares, and what it sees and misses. `python -m metrics list` prints the same. `train` "
        "are the n training rows, `heldout` rows that no method has seen, and `class` all rows of "
        "the dataset's class. The column `needs` has the smallest number of rows in each set, and "
        "the extractor of its features if there is one.",
    ]
    for module, metrics in _by(METRICS.entries.values(), lambda one: METRICS.module_of(one.name)):
        title, _, equations = (inspect.getdoc(import_module(module)) or "").partition("\n")
        text += [f"## {module.rpartition('.')[2].replace('_', ' ')}", escaped(title)]
        text.append(as_markdown(equations.strip("\n")))
        text.append(
            table(
                ("name", "title", "better", "values", "against", "needs"),
                (
                    [
                        f"`{one.name}`",
                        one.title,
                        one.better,
                        f"{one.unit}, {one.bounds}",
                        f"`{one.reference}`",
                        f"{one.minimum} {one.data}"
                        + (f", {one.extractor}" if one.extractor else ""),
                    ]
                    for one in metrics
                ),
            )
        )
        text.append(cited(one for one in metrics))
        for about, same in _by(metrics, lambda one: one.about):
            names = ", ".join(f"`{one.name}`" for one in same)
            text.append(f"{names}: {escaped(about)}")
    text.append("## Extractors of features")
    text.append(
        table(
            ("name", "what it is"),
            ([f"`{n}`", escaped(EXTRACTORS.summary_of(n))] for n in EXTRACTORS.entries),
        )
    )
    return "\n\n".join(part for part in text if part) + "\n"


def modules_of(room: str) -> list[str]:
    """The dotted names of a room's modules, its command line last."""
    found = []
    for path in sorted((ROOT / room).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found, key=lambda name: (name.endswith("__main__"), name))


def _linked(room: str, text: str) -> tuple[str, list[str]]:
    """A README with links relative to rooms/ROOM.md, and the images that it shows.

    A link to a file outside of the site becomes its label.
    """
    images: list[str] = []

    def replace(match: re.Match[str]) -> str:
        mark, label, target = match.groups()
        if "://" in target or target.startswith("#"):
            return match[0]
        place = (ROOT / room / target).resolve().relative_to(ROOT)
        if mark:
            images.append(str(place))
            return f"![{label}](../{place})"
        if place.name == "README.md" and str(place.parent) in ROOMS:
            return f"[{label}]({place.parent}.md)"
        if place.parts[0] == "docs":
            return f"[{label}](../{place.relative_to('docs')})"
        return label

    return re.sub(r"(!?)\[([^\]]*)\]\(([^)]+)\)", replace, text), images


def room_page(room: str) -> tuple[str, list[str]]:
    """The page of a room: its README and the docstrings of its modules; and its images."""
    readme, images = _linked(room, (ROOT / room / "README.md").read_text(encoding="utf-8"))
    api = "\n\n".join(f"::: {module}" for module in modules_of(room))
    return f"{readme}\n## Modules\n\n{api}\n", images


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages. MkDocs calls this after it has found those of docs/."""
    made = {"settings.md": settings_page(), "metrics.md": metrics_page()}
    shown: set[str] = set()
    for room in ROOMS:
        made[f"rooms/{room}.md"], images = room_page(room)
        shown.update(images)
    for path, text in made.items():
        files.append(File.generated(config, path, content=text))
    for image in sorted(shown):
        files.append(File.generated(config, image, abs_src_path=str(ROOT / image)))
    return files
