"""schemas/*.json -> the nested template that publishes them in the EventBridge schema registry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

HEADER = """\
# Generated from the contracts by `make generate`; do not edit. template.yml includes it as Schemas.
"""


class _Dumper(yaml.SafeDumper):
    """Writes long texts as blocks, so that a changed contract gives a readable diff."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def registry_template(schemas: Mapping[str, str]) -> str:
    """A CloudFormation template that registers each schema by name, with the exact text of its file."""
    resources: dict[str, Any] = {
        "Registry": {
            "Type": "AWS::EventSchemas::Registry",
            "Properties": {
                "RegistryName": {"Ref": "RegistryName"},
                "Description": "The events of imagebus, one schema per version.",
            },
        }
    }
    for name, text in sorted(schemas.items()):
        resources[_logical_id(name)] = {
            "Type": "AWS::EventSchemas::Schema",
            "Properties": {
                "RegistryName": {"Fn::GetAtt": ["Registry", "RegistryName"]},
                "SchemaName": name,
                "Type": "JSONSchemaDraft4",
                "Content": text,
            },
        }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "imagebus: the contracts of its events, in the EventBridge schema registry.",
        "Parameters": {"RegistryName": {"Type": "String"}},
        "Resources": resources,
    }
    return HEADER + yaml.dump(template, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _logical_id(name: str) -> str:
    """`imagebus.ingest@ImageUploaded@v2` -> `IngestImageUploadedV2`."""
    words = re.split(r"[^A-Za-z0-9]+", name.removeprefix("imagebus."))
    return "".join(word[:1].upper() + word[1:] for word in words)
