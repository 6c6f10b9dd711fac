"""The schema of an event as the EventBridge registry holds it: of the whole envelope, `detail` included.

The envelope, not just `detail`, because that is what the registry's own schemas describe (AWS's events,
and what schema discovery infers), what its search and the IDEs' code bindings start from, and what a consumer
receives in its inbox.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from imagebus.events import Contract
from imagebus.events.base import SOURCE_PREFIX
from imagebus.events.envelope import REPLAY_NAME
from tools.contracts.compatibility import resolved
from tools.contracts.draft4 import DIALECT, draft4

#: The registry's limit for one schema's content.
#: https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-registries-name-registryname-schemas-name-schemaname.html
MAX_CONTENT = 100_000

# In every event that EventBridge delivers.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
_TEXT = ("version", "id", "detail-type", "source", "account", "time", "region")


def schema_name(model: type[Contract], version: int) -> str:
    """`imagebus.validator@ImageValidated`; from the second version on with `@v2`, `@v3` at its end."""
    name = f"{SOURCE_PREFIX}{model.producer}@{model.detail_type}"
    return name if version == 1 else f"{name}@v{version}"


def schema_of(model: type[Contract]) -> dict[str, Any]:
    """The draft-4 schema of the newest version of an event."""
    definitions: dict[str, Any] = {}
    meta = _model_schema(model.meta_type, definitions)
    meta["properties"]["schema_version"] = {"type": "integer", "enum": [model.version()]}
    definitions[model.meta_type.__name__] = meta
    definitions[model.__name__] = _model_schema(model, definitions)
    properties: dict[str, Any] = {name: {"type": "string"} for name in _TEXT}
    properties["source"]["enum"] = [SOURCE_PREFIX + model.producer]
    properties["detail-type"]["enum"] = [model.detail_type]
    properties["resources"] = {"type": "array", "items": {"type": "string"}}
    properties[REPLAY_NAME] = {"type": "string", "description": "Only in replayed events."}
    properties["detail"] = {
        "type": "object",
        "required": ["meta", "data"],
        "properties": {
            "meta": {"$ref": f"#/definitions/{model.meta_type.__name__}"},
            "data": {"$ref": f"#/definitions/{model.__name__}"},
        },
    }
    return {
        "$schema": DIALECT,
        "title": model.detail_type,
        "description": inspect.cleandoc(model.__doc__ or ""),
        "x-amazon-events-source": SOURCE_PREFIX + model.producer,
        "x-amazon-events-detail-type": model.detail_type,
        "type": "object",
        "required": [*_TEXT, "resources", "detail"],
        "properties": properties,
        "definitions": dict(sorted(definitions.items())),
    }


def meta_of(model: type[Contract], schemas: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """The schema of the event's `meta`, for any version. `schemas` are the registry's, by name."""
    schema = resolved(schemas[schema_name(model, model.version())])
    meta: dict[str, Any] = schema["properties"]["detail"]["properties"]["meta"]
    meta["properties"]["schema_version"] = {"type": "integer", "minimum": 1}
    return meta


def _model_schema(model: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(msgspec.json.encode(msgspec.json.schema(model)))["$defs"]
    definitions.update({name: draft4(each) for name, each in found.items()})
    schema: dict[str, Any] = definitions.pop(model.__name__)
    return schema


def schema_text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
