"""The shapes that the guard of clients/typescript checks an event against: its types, without the limits.

A shape is `"string"`, `"#Usage"` (another shape by name) or several such with `|` between them; `[shape]`, an
array; `{"*": shape}`, a map; `{"=": [...]}`, one of these values; `{"|": [...]}`, one of these shapes; or an
object by its fields, where `"name?"` is optional.
"""

from __future__ import annotations

from typing import Any

from tools.clients.combined import REF, Schema

Shape = Any


def shapes(combined: Schema) -> dict[str, Shape]:
    """Name -> shape of the envelope, and of all that `meta` and `data` consist of."""
    return {
        name: _shape(schema)
        for name, schema in combined["definitions"].items()
        if "anyOf" not in schema and "extends" not in schema
    }


def _shape(schema: Schema) -> Shape:
    if "$ref" in schema:
        return f"#{schema['$ref'].removeprefix(REF)}"
    if "enum" in schema:
        return {"=": schema["enum"]}
    if "anyOf" in schema:
        options = [_shape(each) for each in schema["anyOf"]]
        return "|".join(options) if all(isinstance(each, str) for each in options) else {"|": options}
    if schema.get("type") == "object":
        return _object(schema)
    return [_shape(schema["items"])] if schema.get("type") == "array" else schema.get("type", "unknown")


def _object(schema: Schema) -> Shape:
    if "properties" in schema:
        required = schema.get("required", ())
        return {
            name if name in required else f"{name}?": _shape(each)
            for name, each in schema["properties"].items()
        }
    values = schema.get("additionalProperties")
    return {"*": _shape(values) if isinstance(values, dict) else "unknown"}
