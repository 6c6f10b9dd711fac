"""schemas/*.json -> the nested template that publishes them in the EventBridge schema registry."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

HEADER = """\
# Generated from the contracts by `make generate`; do not edit. template.yml includes it as SchemaRegistry.
"""


class _Dumper(yaml.SafeDumper):
    """Writes long texts as blocks, so that a change of a contract is a readable diff."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def registry_template(schemas: Path) -> str:
    """A CloudFormation template with one schema per event version (`<source>@<DetailType>[@vN].json`).

    EventBridge reads JSON Schema draft 4 only; what that draft says differently is rewritten.
    """
    resources: dict[str, Any] = {
        "Registry": {
            "Type": "AWS::EventSchemas::Registry",
            "Properties": {
                "RegistryName": {"Ref": "RegistryName"},
                "Description": "The events of imagebus, one schema per version.",
            },
        }
    }
    for path in sorted(schemas.glob("*@*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        resources[_logical_id(path.stem)] = {
            "Type": "AWS::EventSchemas::Schema",
            "Properties": {
                "RegistryName": {"Fn::GetAtt": ["Registry", "RegistryName"]},
                "SchemaName": path.stem,
                "Type": "JSONSchemaDraft4",
                "Content": json.dumps(draft4(document), indent=1, ensure_ascii=False) + "\n",
            },
        }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "imagebus: the contracts of its events, in the EventBridge schema registry.",
        "Parameters": {"RegistryName": {"Type": "String"}},
        "Resources": resources,
    }
    return HEADER + yaml.dump(template, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _logical_id(stem: str) -> str:
    """`imagebus.ingest@ImageUploaded@v2` -> `IngestImageUploadedV2`."""
    words = re.split(r"[^A-Za-z0-9]+", stem.removeprefix("imagebus."))
    return "".join(word[:1].upper() + word[1:] for word in words)


# Said by draft 2020-12 and unknown to draft 4; none of them says which documents are valid.
_UNKNOWN = frozenset({"examples", "contentEncoding", "contentMediaType", "deprecated", "readOnly"})
_LITERAL = frozenset({"enum", "default", "required"})
_BY_NAME = frozenset({"properties", "patternProperties", "definitions"})
_RENAMED: dict[str, str] = {"$defs": "definitions", "$id": "id"}


def draft4(schema: Any) -> Any:
    """`schema` (draft 2020-12, as pydantic writes it) in draft 4: the same documents are valid."""
    if isinstance(schema, list):
        return [draft4(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key not in _UNKNOWN and not (key == "items" and "prefixItems" in schema):
            name = _RENAMED.get(key, str(key))
            out.update(_keyword(name, value, schema))
    return out


def _keyword(key: str, value: Any, schema: dict[str, Any]) -> dict[str, Any]:
    if key in _BY_NAME:
        return {key: {name: draft4(each) for name, each in value.items()}}
    new: dict[str, Any]
    match key:
        case "$schema":
            new = {key: "http://json-schema.org/draft-04/schema#"}
        case "$ref":
            new = {key: value.replace("#/$defs/", "#/definitions/")}
        case "const":
            new = {"enum": [value]}
        case "exclusiveMinimum" | "exclusiveMaximum":  # draft 4: a flag beside the limit
            new = {key.replace("exclusiveM", "m"): value, key: True}
        case "prefixItems":
            new = {"items": draft4(value), "additionalItems": draft4(schema.get("items", True))}
        case _:
            new = {key: value if key in _LITERAL else draft4(value)}
    return new
