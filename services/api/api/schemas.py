"""The schemas of the OpenAPI document: what answers really hold, so that generated clients need no edits."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.parts import REFERENCE, Schema
from imagebus.events.analyzer import LabelsDetected, MetadataExtracted
from imagebus.events.validator import ImageRejected

#: Fields of an image that are an event's data, in its newest version.
OF_EVENTS = {"metadata": MetadataExtracted, "labels": LabelsDetected, "rejection": ImageRejected}

NULL = {"type": "null"}


def schemas(answers: list[type[BaseModel]], requests: list[type[BaseModel]]) -> dict[str, Schema]:
    """Name -> schema of all models, and of what they refer to. `Image` is one of the answers."""
    models = [(model, "serialization") for model in answers] + [(model, "validation") for model in requests]
    _, made = models_json_schema(models, ref_template=REFERENCE)  # type: ignore[arg-type]
    named = {model.__name__ for model in requests}
    found = {name: _plain(each, of_answer=name not in named) for name, each in made["$defs"].items()}
    _, of_events = msgspec.json.schema_components(
        OF_EVENTS.values(), ref_template=REFERENCE.format(model="{name}")
    )
    for field, model in OF_EVENTS.items():
        found["Image"]["properties"][field] = {"$ref": REFERENCE.format(model=model.__name__)}
    return dict(sorted({**found, **{name: _plain(each) for name, each in of_events.items()}}.items()))


def _plain(schema: Any, *, of_answer: bool = False) -> Any:
    """`schema` without names that repeat the field's, and without null: an answer omits what it lacks.

    A model of answers (`of_answer`) has all its fields but those, also where the code has a default.
    """
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items() if key not in ("title", "properties")}
    if "properties" in schema:
        fields = schema["properties"]
        always = {name for name, each in fields.items() if of_answer and each.get("default") is not None}
        if needed := always | set(schema.get("required", ())):
            plain["required"] = [name for name in fields if name in needed]
        plain["properties"] = {name: _without_null(_plain(each)) for name, each in fields.items()}
    if all(isinstance(each, str) for each in plain.get("enum", (None,))):
        plain["type"] = "string"
    if "pattern" in plain:  # Python's `$` also matches before a newline at the end
        plain["pattern"] = re.sub(r"\\Z$", "$", plain["pattern"])
    return plain


def _without_null(field: Schema) -> Schema:
    others = [each for each in field.get("anyOf", ()) if each != NULL]
    kept = {key: value for key, value in field.items() if key not in ("default", "anyOf")}
    if not others:
        return kept
    return {**others[0], **kept} if len(others) == 1 else {**kept, "anyOf": others}
