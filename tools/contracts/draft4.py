"""JSON Schema as msgspec writes it (draft 2020-12) in draft 4, the only dialect that the registry reads.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema-create.html
"""

from __future__ import annotations

import inspect
import re
from typing import Any

DIALECT = "http://json-schema.org/draft-04/schema#"

#: Unknown to draft 4, and irrelevant to which documents are valid.
_UNKNOWN = frozenset({"examples", "contentEncoding", "contentMediaType", "deprecated", "readOnly", "title"})
_LITERAL = frozenset({"enum", "default", "required"})
_BY_NAME = frozenset({"properties", "patternProperties", "definitions"})
#: Keywords of later drafts that would silently mean nothing in draft 4.
_FOREIGN = frozenset(
    {"if", "then", "else", "contains", "unevaluatedProperties", "dependentRequired", "dependentSchemas"}
)


def draft4(schema: Any) -> Any:
    """`schema` in draft 4, with the same valid documents. Raises ValueError if draft 4 cannot express it."""
    if isinstance(schema, list):
        return [draft4(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:  # draft 4 ignores keywords beside a reference
        return {"$ref": schema["$ref"].replace("#/$defs/", "#/definitions/")}
    said_otherwise = {"items"} if "prefixItems" in schema else set()
    if "propertyNames" in schema:
        said_otherwise.add("additionalProperties")
    out: dict[str, Any] = {}
    for key, value in sorted(schema.items()):
        if key not in _UNKNOWN | said_otherwise and (key, value) != ("required", []):
            out.update(_keyword(key, value, schema))
    return out


def _keyword(key: str, value: Any, schema: dict[str, Any]) -> dict[str, Any]:
    if key in _FOREIGN:
        raise ValueError(f"draft 4 has no {key!r}")
    if key == "$defs":
        key = "definitions"
    if key in _BY_NAME:
        return {key: {name: draft4(each) for name, each in value.items()}}
    new: dict[str, Any]
    match key:
        case "const":
            new = {"enum": [value]}
        case "enum" if all(isinstance(each, str) for each in value):
            new = {"enum": value, "type": "string"}
        case "type" if value == "object" and not {"properties", "additionalProperties"} & schema.keys():
            new = {"additionalProperties": True, "type": value}
        case "pattern":  # Python's `$` also matches before a newline at the end
            new = {"pattern": re.sub(r"\\Z$", "$", value)}
        case "description":
            new = {"description": inspect.cleandoc(value)}
        case "exclusiveMinimum" | "exclusiveMaximum":  # draft 4: a flag beside the limit
            new = {key.replace("exclusiveM", "m"): value, key: True}
        case "prefixItems":
            new = {"items": draft4(value), "additionalItems": draft4(schema.get("items", True))}
        case "propertyNames":
            new = _named(value, schema)
        case _:
            new = {key: value if key in _LITERAL else draft4(value)}
    return new


def _named(names: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Draft 4 has no propertyNames, so a pattern limits the length of the names."""
    if unknown := set(names) - {"minLength", "maxLength", "type"}:
        raise ValueError(f"property names limited by {', '.join(sorted(unknown))} have no form in draft 4")
    if "properties" in schema:
        raise ValueError("draft 4 cannot limit the names of further properties")
    pattern = rf"^[\s\S]{{{names.get('minLength', 0)},{names.get('maxLength', '')}}}$"
    return {
        "patternProperties": {pattern: draft4(schema.get("additionalProperties", {}))},
        "additionalProperties": False,
    }
