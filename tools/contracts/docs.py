"""docs/events.md: the contracts, for people who build on them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from typing import Any

from imagebus.events import Contract, StackData
from imagebus.events.base import SOURCE_PREFIX
from imagebus.events.catalog import CATALOG
from tools.contracts.compatibility import resolved
from tools.contracts.golden import Golden
from tools.contracts.rules import Reach
from tools.contracts.schema import meta_of, schema_name

Schemas = Mapping[str, dict[str, Any]]
Reception = Mapping[str, Mapping[str, Reach]]

MARKS: Mapping[Reach, str] = {"live and replayed": "↻", "live": "●", "replayed": "replays only", "": ""}

INTRODUCTION = """\
<!-- Generated from the contracts by `make generate`; do not edit. -->

# Events

imagebus publishes events on an EventBridge custom bus with the name of its stack (output `EventBusName`). To
build on it, write a [consumer](consumers.md): `imagebus new-consumer NAME --on EVENT[,EVENT]` creates one in
its own stack, in Python or TypeScript, ready to deploy.

- **Contracts.** There is one JSON Schema per event version, in `schemas/` and in the EventBridge schema
  registry with the name of the stack. `schemas/asyncapi.yml` has all of them as AsyncAPI, `clients/` as types
  for TypeScript, Java and Go ([clients](clients.md)). A schema describes the whole envelope as EventBridge
  delivers it. What imagebus says is in `detail`, as `{"meta": …, "data": …}`.
- **At least once, in any order.** An event can arrive twice, or after a newer one. `meta.event_id` is the
  same whenever the same fact is published; the envelope's `id` is not. `meta.revision` orders the
  uploads of one key: greater is newer. An event about the stack as a whole has neither key nor revision.
- **Causes.** `meta.causation_id` is the id of the event that led to this one, `meta.correlation_id` that of
  the event with which everything began.
- **Replays.** A replayed event carries `replay-name` in its envelope. A rule with
  `"replay-name": [{"exists": false}]` excludes replays.
- **What may change.** Within a version only optional fields are added, so ignore fields that you do not know.
  Anything else is a new version, named by `meta.schema_version`. The library reads every released version as
  the newest. `imagebus schemas check` enforces this.
- **Personal data.** `image_key` is the name that the uploader gave the object. No event holds GPS positions,
  serial numbers or image bytes. No event is larger than 64 KB.
"""

#: What the fields of `meta` mean. The schemas have no descriptions: released ones had none.
META = {
    "event_id": "the same whenever the same fact is published",
    "schema_version": "of this type of event",
    "image_key": "the object's key in S3",
    "revision": "which upload: for one key, greater is newer",
    "version_id": "of the object in S3",
    "correlation_id": "the id of the event with which everything began, usually `ImageUploaded`",
    "causation_id": "the id of the event that led to this one",
    "occurred_at": "UTC",
    "producer": "the service, as in the envelope's `source`",
    "usage": "what it took to produce this event",
    "usage.billed_ms": "milliseconds of work, rounded up, without a cold start",
    "usage.cpu_ms": "milliseconds of CPU time",
    "usage.memory_mb": "the function's memory",
    "usage.bytes_in": "read from S3",
    "usage.bytes_out": "written to S3",
    "usage.rekognition_calls": "",
}


def events_page(schemas: Schemas, golden: Iterable[Golden], reception: Reception) -> str:
    events = list(golden)
    parts = [INTRODUCTION, _overview(reception), received_table(reception), _meta(schemas)]
    parts += [_event(model, schemas, events, reception) for model in CATALOG]
    return "\n".join(parts)


def summary(model: type[Contract]) -> str:
    return inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _overview(reception: Reception) -> str:
    lines = ["## In flow order", "", "| event | by | meaning | received by |", "|---|---|---|---|"]
    for model in CATALOG:
        listeners = ", ".join(_listeners(reception[model.detail_type]))
        link = f"[{model.detail_type}](#{model.detail_type.lower()})"
        lines.append(f"| {link} | {model.producer} | {summary(model)} | {listeners} |")
    return "\n".join(lines) + "\n"


def received_table(reception: Reception) -> str:
    consumers = list(next(iter(reception.values())))
    lines = [
        "## Who receives what",
        "",
        "Computed by running each event pattern of template.yml against every golden event. EventBridge's",
        "TestEventPattern agrees (`tests/e2e/test_contracts.py`). ● live events; ↻ live and replayed events.",
        "",
        f"| | {' | '.join(consumers)} |",
        "|---|" + ":-:|" * len(consumers),
    ]
    for model in CATALOG:
        marks = [MARKS[reception[model.detail_type][consumer]] for consumer in consumers]
        lines.append(f"| {model.detail_type} | {' | '.join(marks)} |")
    lines += [
        "",
        "`ingest` listens to S3 itself, on the account's default bus. `failures` reads dead letters.",
    ]
    return "\n".join(lines) + "\n"


def _meta(schemas: Schemas) -> str:
    metas = {model.meta_type.__name__: meta_of(model, schemas) for model in CATALOG}
    about = [model.detail_type for model in CATALOG if issubclass(model, StackData)]
    lines = ["## meta", "", "In events about an image:", "", *_fields(metas["Meta"], META), ""]
    lines += [f"In events about the stack as a whole ({', '.join(about)}), which are in no image's log:", ""]
    return "\n".join([*lines, *_fields(metas["StackMeta"], META)]) + "\n"


def _event(model: type[Contract], schemas: Schemas, golden: list[Golden], reception: Reception) -> str:
    name = schema_name(model, model.version())
    lines = [f"## {model.detail_type}", "", inspect.cleandoc(model.__doc__ or ""), ""]
    listeners = ", ".join(_listeners(reception[model.detail_type]))
    lines += [f"- Source `{SOURCE_PREFIX}{model.producer}`; received by {listeners}."]
    lines += [f"- Version {model.version()}: [`{name}`](../schemas/{name}.json)."]
    for version in range(1, model.version()):
        older = schema_name(model, version)
        lines += [
            f"- Version {version}, superseded: [`{older}`](../schemas/{older}.json), read as the newest."
        ]
    data = resolved(schemas[name])["properties"]["detail"]["properties"]["data"]
    lines += ["", *_fields(data), ""]
    (example,) = (each for each in golden if each.name == name)
    lines += ["```json", json.dumps(example.envelope, indent=2, ensure_ascii=False), "```", ""]
    others = [each for each in golden if each.schema == name and each is not example]
    if others:
        links = (f"[{each.name.split('--')[1]}](../schemas/examples/{each.path.name})" for each in others)
        lines += [f"More examples: {', '.join(link.replace(' ', '%20') for link in links)}.", ""]
    return "\n".join(lines)


def _listeners(row: Mapping[str, Reach]) -> list[str]:
    return [consumer for consumer, found in row.items() if found]


def _fields(schema: dict[str, Any], meanings: Mapping[str, str] | None = None) -> list[str]:
    """A table of them. Raises KeyError for a field that `meanings` lack."""
    required = set(schema.get("required", ()))
    lines = ["| field | type | |", "|---|---|---|"]
    for path, field, needed in _walk(schema, required, ""):
        notes = ["" if needed else "optional", meanings[path] if meanings else ""]
        lines.append(f"| {path} | {type_of(field)} | {'; '.join(filter(None, notes))} |")
    return lines


def _walk(
    schema: dict[str, Any], required: set[str], prefix: str
) -> Iterable[tuple[str, dict[str, Any], bool]]:
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, field, name in required
        inner, suffix = _inner(field)
        if "properties" in inner:
            yield from _walk(inner, set(inner.get("required", ())), f"{path}{suffix}.")


def _inner(field: dict[str, Any]) -> tuple[dict[str, Any], str]:
    plain = _plain(field)
    items = plain.get("items")
    return (items, "[]") if isinstance(items, dict) else (plain, "")


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """Without the null, which means the same as absence."""
    others = [each for each in field.get("anyOf", ()) if each != {"type": "null"}]
    return others[0] if len(others) == 1 else field


def type_of(field: dict[str, Any]) -> str:
    plain = _plain(field)
    if "enum" in plain:
        return ", ".join(f"`{value}`" for value in plain["enum"])
    if "anyOf" in plain:
        return " or ".join(dict.fromkeys(type_of(each) for each in plain["anyOf"]))
    if plain.get("type") == "array":
        return f"array of {type_of(plain['items'])}"
    if "patternProperties" in plain:
        (value,) = plain["patternProperties"].values()
        return f"map of {type_of(value)}"
    return f"{plain.get('type', 'anything')}{_limits(plain)}"


def _limits(field: dict[str, Any]) -> str:
    if "pattern" in field:
        return f" `{field['pattern']}`".replace("|", "\\|")
    low, high = field.get("minimum"), field.get("maximum")
    if isinstance(high, int) and high >= 2**31 - 1:
        high = None
    if low is not None and high is not None:
        return f", {low:g} to {high:g}"
    if low is not None and low > -(2**31):
        return f", from {low:g}"
    if "maxLength" in field:
        return f", up to {field['maxLength']} characters"
    return ""
