"""How many functions may run at once, if the user sets a limit for the whole account."""

from __future__ import annotations

import os
from typing import Any

#: The emulator's account limit. A batch beyond it is refused and waits for its visibility timeout.
VARIABLE = "LAMBDA_ACCOUNT_CONCURRENCY"

Template = dict[str, Any]


def account_limit() -> int | None:
    """The user's limit, or None if there is none (0 also means none)."""
    text = os.environ.get(VARIABLE, "").strip()
    return int(text) or None if text.isdigit() else None


def share(template: Template, limit: int | None) -> int | None:
    """Each consumer's share of the account's limit, at least one; None for no limit.

    On AWS the account's limit is a thousand, and the template's limits fit it. An emulator with a limit of
    ten would refuse most batches, and a message that is refused too often becomes a dead letter.
    """
    functions = [each for each in template["Resources"].values() if _mappings(each)]
    return max(1, limit // len(functions)) if limit and functions else None


def limited(template: Template, most: int | None) -> Template:
    """The template, or a template nested in it, with no concurrency limit above `most`."""
    if most is None:
        return template
    resources = {name: _limited(each, most) for name, each in template["Resources"].items()}
    return {**template, "Resources": resources}


def _mappings(resource: Template) -> dict[str, Any]:
    """The events of a function that are queues."""
    events = (resource.get("Properties") or {}).get("Events") or {}
    if resource["Type"] != "AWS::Serverless::Function":
        return {}
    return {name: each for name, each in events.items() if each["Type"] == "SQS"}


def _limited(resource: Template, most: int) -> Template:
    if resource["Type"] == "AWS::Lambda::EventSourceMapping":
        return _lowered(resource, most)
    lowered = {name: _lowered(each, most) for name, each in _mappings(resource).items()}
    if not lowered:
        return resource
    events = {**resource["Properties"]["Events"], **lowered}
    return {**resource, "Properties": {**resource["Properties"], "Events": events}}


def _lowered(mapping: Template, most: int) -> Template:
    scaling = mapping["Properties"]["ScalingConfig"]
    lower = {**scaling, "MaximumConcurrency": min(scaling["MaximumConcurrency"], most)}
    return {**mapping, "Properties": {**mapping["Properties"], "ScalingConfig": lower}}
