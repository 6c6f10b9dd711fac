"""The combined schema for languages without literal types and unions: Java and Go.

quicktype merges equal enumerations and unions, and names them after a field of one of them: a new optional
field could rename a type that consumers use. So only objects become types here, each with a name that follows
from its place alone. An enumeration is text whose documentation has the values, and a union is anything.
"""

from __future__ import annotations

from tools.clients.combined import REF, Schema
from tools.contracts.docs import type_of

_INNER = ("items", "additionalProperties")


def plain(combined: Schema) -> Schema:
    """`{"definitions": …}`: the envelope of every version of every event in full, and what they refer to."""
    definitions: Schema = {}
    shared = combined["definitions"]["Envelope"]
    for name, schema in combined["definitions"].items():
        if "extends" in schema:
            _define(name, _envelope(schema, shared), definitions)
        elif "anyOf" not in schema and name != "Envelope":
            _define(name, schema, definitions)
    return {"definitions": dict(sorted(definitions.items()))}


def _envelope(event: Schema, shared: Schema) -> Schema:
    detail = event["properties"]["detail"]["properties"]
    meta, data = detail["meta"]["allOf"][0], detail["data"]
    own = {
        **event["properties"],
        "detail": {**event["properties"]["detail"], "properties": {"meta": meta, "data": data}},
    }
    return {
        "description": event["description"],
        "type": "object",
        "required": [*shared["required"], *event["required"]],
        "properties": {**shared["properties"], **own},
    }


def _define(name: str, schema: Schema, definitions: Schema) -> None:
    """Adds an object, and the objects that its fields hold without a name."""
    fields = {
        field: _field(f"{name}{field.capitalize()}", each, definitions)
        for field, each in schema["properties"].items()
    }
    definitions[name] = {**schema, "title": name, "properties": fields}


def _field(name: str, schema: Schema, definitions: Schema) -> Schema:
    if "enum" in schema:
        said = type_of(schema).replace("`", "")
        return {
            "description": f"One of: {said}." if len(schema["enum"]) > 1 else f"Always {said}.",
            "type": "string",
        }
    if schema.get("type") == "object" and "properties" in schema:
        _define(name, schema, definitions)
        return {"$ref": f"{REF}{name}"}
    ready = {
        key: _field(name, value, definitions) if key in _INNER and isinstance(value, dict) else value
        for key, value in schema.items()
        if key != "anyOf"
    }
    if "anyOf" in schema:
        options = [each for each in schema["anyOf"] if each != {"type": "null"}]
        inner = _field(name, options[0], definitions) if len(options) == 1 else {}
        if len(options) == len(schema["anyOf"]):
            return {**inner, **ready}
        return {"description": inner.get("description", ""), **ready, "anyOf": [inner, {"type": "null"}]}
    return ready
