"""template.yml as CloudFormation will see it, nested stacks written out: SAM's own translation, offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from imagebus_local import nesting, templates

REGION = "us-east-1"
CODE = "s3://translated/code.zip"

Template = dict[str, Any]


def translated(path: Path, parameters: Mapping[str, str] | None = None) -> Template:
    """The plain CloudFormation of a SAM template. `parameters` override its defaults.

    Raises what the translator raises for an invalid template.
    """
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    template = templates.read(path)
    for resource in template["Resources"].values():
        properties = resource.get("Properties") or {}
        for name in ("CodeUri", "ContentUri"):  # what `sam package` would have uploaded
            if name in properties:
                properties[name] = CODE
    values = {name: each.get("Default", "") for name, each in template["Parameters"].items()}
    values.update(parameters or {})
    # No managed policies: every policy of this project is written out.
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    plain: Template = translator.translate(template, values)
    # SAM writes its own parameters as YAML parsed them; linters want text.
    return nesting.flat(json.loads(json.dumps(plain, default=str)), path.parent)
