"""config/schema.json: the JSON Schema of a configuration, for editors."""

import json
from collections import Counter
from typing import Any

from suite.planning.configuration import Config, all_methods
from suite.protocol.metric import METRICS
from suite.protocol.source import SOURCES

Schema = dict[str, Any]
ABOUT = ("description", "default")
"""Keys of the schema that editors show."""


def _setting(name: str, field: Schema) -> Schema:
    """The schema of a setting: one value, or a list of values for variants."""
    about = {key: value for key, value in field.items() if key in ABOUT}
    value = {key: value for key, value in field.items() if key not in (*ABOUT, "title")}
    one = {"$ref": f"#/$defs/{name}/anyOf/0"}
    return {**about, "anyOf": [value, {"type": "array", "items": one}]}


def _methods(template: str) -> tuple[dict[str, Schema], Schema]:
    """Definitions, and the schema of a mapping from methods to their settings.

    Equal settings of several methods share one definition, `setting:KEY`. Different settings with
    the same key have numbered definitions.
    """
    definitions: dict[str, Schema] = {}
    names: dict[str, str] = {}
    uses: Counter[str] = Counter()
    properties: dict[str, Schema] = {}
    for method, entry in all_methods().items():
        of_model = entry.settings.model_json_schema(ref_template=template)
        definitions |= of_model.get("$defs", {})
        own = {}
        for key, field in of_model["properties"].items():
            content = json.dumps([key, field], sort_keys=True, default=str)
            if content not in names:
                uses[key] += 1
                names[content] = f"setting:{key}" + (f":{uses[key]}" if uses[key] > 1 else "")
                definitions[names[content]] = _setting(names[content], field)
            own[key] = {"$ref": f"#/$defs/{names[content]}"}
        about = of_model.get("description", "")
        properties[method] = {
            **({"description": about} if about else {}),
            "type": "object",
            "additionalProperties": False,
            "properties": own,
        }
    table = {"type": "object", "additionalProperties": False, "properties": properties}
    return definitions | {"Methods": table}, {"$ref": "#/$defs/Methods"}


def _datasets(table: Schema, definitions: dict[str, Schema]) -> None:
    """Datasets by name. A name of the user's needs a `kind`; `source` has its settings."""
    definitions |= {
        f"source:{k}": s.settings.model_json_schema() for k, s in SOURCES.entries.items()
    }
    entry = definitions["Dataset"]
    kind = entry["properties"]["kind"]
    entry["properties"]["kind"] = {
        "enum": list(SOURCES.entries),
        "description": kind["description"],
    }

    def source(kind: str) -> Schema:
        return {"properties": {"source": {"$ref": f"#/$defs/source:{kind}"}}}

    entry["allOf"] = [
        {"if": {"properties": {"kind": {"const": k}}, "required": ["kind"]}, "then": source(k)}
        for k in SOURCES.entries
    ]
    [(pattern, reference)] = table.pop("patternProperties").items()
    table["propertyNames"] = {"pattern": pattern}
    table["properties"] = {
        k: {**reference, "if": {"not": {"required": ["kind"]}}, "then": source(k)}
        for k in SOURCES.entries
    }
    table["additionalProperties"] = {**reference, "required": ["kind"]}


def json_schema() -> Schema:
    """The JSON Schema of a configuration, with the settings of all methods and datasets."""
    template = "#/$defs/{model}"
    schema = Config.model_json_schema(ref_template=template)
    definitions = schema["$defs"]
    settings, methods = _methods(template)
    definitions |= settings
    for owner in ("Experiment", "Grid"):
        about = definitions[owner]["properties"]["methods"]
        kept = {key: value for key, value in about.items() if key in ABOUT}
        definitions[owner]["properties"]["methods"] = {**methods, **kept}
    schema["properties"]["experiments"]["additionalProperties"] = False
    _datasets(schema["properties"]["datasets"], definitions)
    schema["properties"]["metrics"]["items"] = {"enum": list(METRICS.entries)}
    return schema


def schema_text() -> str:
    """The content of config/schema.json."""
    return json.dumps(json_schema(), indent=2, default=str) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
