"""config/schema.json: the JSON Schema of a configuration, for editors."""

import json
from typing import Any

from suite.planning.configuration import Config, all_methods
from suite.protocol.metric import METRICS
from suite.protocol.source import SOURCES

Schema = dict[str, Any]
ABOUT = ("description", "default")
"""Keys of the schema that editors show."""


def _setting(field: Schema) -> Schema:
    """The schema of a setting: one value, or a list of values for variants."""
    about = {key: value for key, value in field.items() if key in ABOUT}
    value = {key: value for key, value in field.items() if key not in (*ABOUT, "title")}
    return {**about, "anyOf": [value, {"type": "array", "items": value}]}


def _methods(template: str) -> dict[str, Schema]:
    """Definitions: `method:NAME` has the settings of a method, `Methods` refers to all of them."""
    definitions: dict[str, Schema] = {}
    for name, entry in all_methods().items():
        own = entry.settings.model_json_schema(ref_template=template)
        definitions |= own.pop("$defs", {})
        own["properties"] = {key: _setting(field) for key, field in own["properties"].items()}
        definitions[f"method:{name}"] = own
    properties = {name: {"$ref": f"#/$defs/method:{name}"} for name in all_methods()}
    table = {"type": "object", "additionalProperties": False, "properties": properties}
    return definitions | {"Methods": table}


def _datasets(table: Schema, definitions: dict[str, Schema]) -> None:
    """Datasets by name. A name of the user's needs a `kind`; `source` has its settings."""
    definitions |= {
        f"source:{k}": s.settings.model_json_schema() for k, s in SOURCES.entries.items()
    }
    entry = definitions["Dataset"]
    about = entry["properties"]["kind"]["description"]
    entry["properties"]["kind"] = {"enum": list(SOURCES.entries), "description": about}

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
    definitions |= _methods(template)
    for owner in ("Experiment", "Grid"):
        about = definitions[owner]["properties"]["methods"]
        kept = {key: value for key, value in about.items() if key in ABOUT}
        definitions[owner]["properties"]["methods"] = {"$ref": "#/$defs/Methods", **kept}
    schema["properties"]["experiments"]["additionalProperties"] = False
    _datasets(schema["properties"]["datasets"], definitions)
    schema["properties"]["metrics"]["items"] = {"enum": list(METRICS.entries)}
    return schema


if __name__ == "__main__":
    print(json.dumps(json_schema(), indent=2, default=str))
