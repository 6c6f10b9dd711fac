"""All events as one JSON Schema, from which the generators write the types of clients/.

The registry has one schema per event version, each with its own copy of what they share (Meta, Usage, Label).
Types need each of these once, under a name that stays: a new optional field must not rename anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imagebus.events import Contract
from imagebus.events.catalog import CATALOG
from tools.contracts.compatibility import differences, resolved
from tools.contracts.docs import type_of
from tools.contracts.schema import schema_name

Schema = dict[str, Any]

REF = "#/definitions/"
#: What the types say of fields about which the schemas are silent.
ENVELOPE: Mapping[str, str] = {
    "version": "Of the envelope, not of the event: always 0.",
    "id": "Of this envelope. It differs when the same fact is published again: see detail.meta.event_id.",
    "account": "The AWS account of the pipeline.",
    "time": "When the event was published, to the second. When it happened is detail.meta.occurred_at.",
    "region": "The AWS region of the pipeline.",
    "resources": "ARNs of what the event is about.",
}
META: Mapping[str, str] = {
    "event_id": "The same for the same fact, however often it is delivered: use it to handle a fact once.",
    "schema_version": "The version of `data`.",
    "image_key": "The S3 key of the image, as its uploader chose it.",
    "revision": "Orders the uploads of one key: greater, compared as text, is newer.",
    "version_id": "The S3 version of the upload.",
    "correlation_id": "The event_id of the upload at the root.",
    "causation_id": "The event_id of the event that led to this one.",
    "occurred_at": "RFC 3339, in UTC, with milliseconds.",
    "producer": "The service that published the event.",
}


def versions() -> Iterator[tuple[type[Contract], int]]:
    """Every version of every event, in flow order."""
    return ((model, version) for model in CATALOG for version in range(1, model.version() + 1))


def type_name(model: type[Contract], version: int) -> str:
    return f"{model.detail_type}V{version}"


def combined(schemas: Mapping[str, Schema]) -> Schema:
    """`ImagebusEvent`: one of all events. `schemas` are the registry's, by name.

    Definitions are `ImageValidatedV2` (the envelope), `ImageValidatedV2Data`, `ImageValidated` (any version),
    and what they refer to. Raises ValueError if the newest events disagree on a name.
    """
    definitions: Schema = {}
    for model, version in sorted(versions(), key=lambda each: each[1] != each[0].version()):  # newest first
        schema = schemas[schema_name(model, version)]
        names = _names(model, version, schema, definitions)
        for own, name in names.items():
            definitions[name] = _ready(schema["definitions"][own], names)
        definitions[type_name(model, version)] = _event(model, version, schema)
        definitions.setdefault("Envelope", _shared(schema))
    for meta in {model.meta_type.__name__ for model in CATALOG}:
        definitions[meta]["properties"]["schema_version"] = {"type": "integer"}
        _describe(definitions[meta], META)
    for model in CATALOG:
        definitions[model.detail_type] = {
            "description": definitions[type_name(model, model.version())]["description"],
            "anyOf": [_ref(type_name(model, number)) for number in range(1, model.version() + 1)],
        }
    return {
        "title": "ImagebusEvent",
        "description": "Any event of the pipeline, as EventBridge delivers it. `detail-type` says which.",
        "anyOf": [_ref(model.detail_type) for model in CATALOG],
        "definitions": dict(sorted(definitions.items())),
    }


def _names(model: type[Contract], version: int, schema: Schema, taken: Schema) -> dict[str, str]:
    """The definitions that an event adds -> their names among all.

    What a newest version defines has its plain name. An older version shares it, even if it has optional
    fields more, because a new field must not change the type of an old one; else it has one of its own.
    `meta` has no versions: every version of an event has the newest one.
    """
    newest, event = version == model.version(), type_name(model, version)
    names = {model.__name__: f"{event}Data"}
    for own in _referred(schema, model.__name__):
        different = own in taken and not _shares(schema, own, taken, richer=not newest)
        if different and newest:
            raise ValueError(f"{event} has a {own} that differs from another event's: rename one of them")
        names[own] = f"{event}{own}" if different else own
    if newest:
        meta = model.meta_type.__name__
        names.update({own: own for own in (meta, *_referred(schema, meta))})
    return names


def _referred(schema: Schema, name: str) -> list[str]:
    """The definitions that one of them refers to, also through others, in the order of their names."""
    found: set[str] = set()
    open_ends = [schema["definitions"][name]]
    while open_ends:
        node = open_ends.pop()
        if isinstance(node, dict):
            if "$ref" in node and (target := node["$ref"].removeprefix(REF)) not in found:
                found.add(target)
                open_ends.append(schema["definitions"][target])
            open_ends += node.values()
        elif isinstance(node, list):
            open_ends += node
    return sorted(found)


def _shares(schema: Schema, own: str, taken: Schema, *, richer: bool) -> bool:
    """Whether a definition is the one that has its name already, with all that they refer to.

    `richer`: that one may have optional fields more.
    """
    one = resolved({**_ready(schema["definitions"][own], {}), "definitions": _all_ready(schema)})
    other = resolved({**taken[own], "definitions": taken})
    return one == other or (richer and not list(differences(one, other, own)))


def _all_ready(schema: Schema) -> Schema:
    return {name: _ready(each, {}) for name, each in schema["definitions"].items()}


def _ready(schema: Schema, names: Mapping[str, str]) -> Schema:
    """A definition for generators: references by their new names, no default of null, limits as text."""

    def walk(node: Any) -> Any:
        if isinstance(node, list):
            return [walk(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            own = node["$ref"].removeprefix(REF)
            return _ref(names.get(own, own))
        ready = {key: walk(value) for key, value in node.items() if (key, value) != ("default", None)}
        if "patternProperties" in ready:  # a map; generators know them by this keyword only
            ((_, ready["additionalProperties"]),) = ready.pop("patternProperties").items()
        return ready

    ready: Schema = walk(schema)
    if "description" in ready:
        ready["description"] = _unwrapped(ready["description"])
    _describe(ready, {})
    return ready


def _unwrapped(text: str) -> str:
    """One line for each paragraph: generators wrap them to their own width."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _describe(schema: Schema, notes: Mapping[str, str]) -> None:
    """Each field says what it is for, or else its limits."""
    for name, each in schema.get("properties", {}).items():
        if name in notes:
            each["description"] = notes[name]
        elif "$ref" not in each and "description" not in each and (limits := _limits(each)):
            each["description"] = limits


def _limits(schema: Schema) -> str:
    """`Integer, from 0.`, or nothing if the type says it all."""
    said = type_of(schema)
    return f"{said[:1].upper()}{said[1:]}." if "enum" not in schema and re.search(r", |\^", said) else ""


def _shared(schema: Schema) -> Schema:
    """What all events have in common, in the words of one."""
    envelope = _ready({key: schema[key] for key in ("type", "required", "properties")}, {})
    _describe(envelope, ENVELOPE)
    for name in ("detail-type", "source", "detail"):
        del envelope["properties"][name]
        envelope["required"].remove(name)
    return {"description": "What EventBridge wraps every event in.", **envelope}


def _event(model: type[Contract], version: int, schema: Schema) -> Schema:
    about = _unwrapped(schema["description"])
    if version < model.version():
        about = f"Superseded by version {model.version()}, but in the archive. {about}"
    number = {"type": "integer", "enum": [version], "description": META["schema_version"]}
    numbered = {"type": "object", "required": ["schema_version"], "properties": {"schema_version": number}}
    return {
        "description": about,
        "type": "object",
        "extends": [_ref("Envelope")],
        "required": ["detail-type", "source", "detail"],
        "properties": {
            "detail-type": schema["properties"]["detail-type"],
            "source": schema["properties"]["source"],
            "detail": {
                "type": "object",
                "required": ["meta", "data"],
                "properties": {
                    "meta": {"allOf": [_ref(model.meta_type.__name__), numbered]},
                    "data": _ref(f"{type_name(model, version)}Data"),
                },
            },
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"{REF}{name}"}
