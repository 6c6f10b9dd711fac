"""The catalog as an AsyncAPI 3 document: for portals, code generators and people who know AsyncAPI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from imagebus.events import Contract
from imagebus.events.catalog import BY_DETAIL_TYPE, CATALOG, STAGES
from tools.contracts.compatibility import resolved
from tools.contracts.golden import Golden
from tools.contracts.schema import meta_of, schema_name

CHANNEL = "imagebus"
ABOUT = (
    "The events of imagebus: an image lands in S3, and independent services react until it is validated, "
    "thumbnailed, watermarked, described and announced."
)
ABOUT_CHANNEL = (
    "An EventBridge custom bus with the name of its stack (output EventBusName). Subscribe with a rule. "
    "Delivery is at least once and in any order."
)

Document = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Writes no YAML anchors: `*id001` does not help a reader."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - yaml's hook
        return True


def asyncapi_text(schemas: Mapping[str, Document], golden: Iterable[Golden]) -> str:
    """The document as YAML. `schemas` are the registry's, by name."""
    events = list(golden)
    messages = {
        _message_id(model, version): _message(model, version, schemas[schema_name(model, version)], events)
        for model in CATALOG
        for version in range(1, model.version() + 1)
    }
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "imagebus",
            "version": "1.0.0",
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            CHANNEL: {
                "address": "imagebus",
                "title": "The event bus",
                "description": ABOUT_CHANNEL,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": _operations(),
        "components": {"messages": messages, "schemas": _meta(schemas)},
    }
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return f"# Generated from the contracts by `make generate`; do not edit.\n{text}"


def _message_id(model: type[Contract], version: int) -> str:
    return model.detail_type if version == model.version() else f"{model.detail_type}V{version}"


def _message(model: type[Contract], version: int, schema: Document, golden: list[Golden]) -> Document:
    name = schema_name(model, version)
    newest = version == model.version()
    payload = {key: value for key, value in resolved(schema).items() if not key.startswith(("$", "x-"))}
    detail = payload["properties"]["detail"]["properties"]
    detail["meta"] = {
        "allOf": [
            {"$ref": f"#/components/schemas/{model.meta_type.__name__}"},
            {"properties": {"schema_version": {"const": version}}},
        ]
    }
    return {
        "name": model.detail_type,
        "title": f"{model.detail_type}, version {version}"
        + ("" if newest else " (superseded, still in the archive)"),
        "summary": schema["description"].split("\n\n")[0].replace("\n", " "),
        "contentType": "application/json",
        "tags": [{"name": model.producer}],
        "payload": payload,
        "examples": [
            {"name": each.name.split("@", 1)[1], "payload": each.envelope}
            for each in golden
            if each.schema == name
        ],
    }


def _operations() -> Document:
    operations: Document = {}
    for producer in dict.fromkeys(model.producer for model in CATALOG):
        emitted = [model.detail_type for model in CATALOG if model.producer == producer]
        operations[f"{producer}Publishes"] = _operation("send", f"What {producer} says.", emitted)
    for stage in STAGES:
        if stage.subscribes:
            what = f"What {stage.name} listens to."
            operations[f"{stage.name}Receives"] = _operation("receive", what, stage.subscribes)
    return operations


def _operation(action: str, summary: str, detail_types: Iterable[str]) -> Document:
    names = [_message_id(BY_DETAIL_TYPE[each], BY_DETAIL_TYPE[each].version()) for each in detail_types]
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{CHANNEL}/messages/{name}"} for name in names],
    }


def _meta(schemas: Mapping[str, Document]) -> Document:
    """`Meta` of events about an image and `StackMeta` of those about the stack, without a version."""
    return {model.meta_type.__name__: meta_of(model, schemas) for model in CATALOG}
