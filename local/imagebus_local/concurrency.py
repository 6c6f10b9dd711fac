"""How many functions may run at once, where the user sets a limit for the whole account."""

from __future__ import annotations

import os
from typing import Any

#: The emulator's account limit. Beyond it a batch is refused, and waits for its visibility timeout.
VARIABLE = "LAMBDA_ACCOUNT_CONCURRENCY"

Template = dict[str, Any]


def account_limit() -> int | None:
    """The user's limit, or None where there is none (0 means none, too)."""
    text = os.environ.get(VARIABLE, "").strip()
    return int(text) or None if text.isdigit() else None


def share_out(template: Template, limit: int | None) -> Template:
    """The template with consumers' limits that add up to no more than the account's, one each at the least.

    On AWS the account's limit is a thousand, and a template's limits are set to fit. An emulator that is told
    to make do with ten would refuse most batches, and a message that is refused too often is a dead letter.
    """
    functions = {
        name: each
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function" and _queues(each)
    }
    if limit is None or not functions:
        return template
    share = max(1, limit // len(functions))
    limited = {name: _limited(each, share) for name, each in functions.items()}
    return {**template, "Resources": {**template["Resources"], **limited}}


def _queues(function: Template) -> list[Any]:
    return [each for each in (function["Properties"].get("Events") or {}).values() if each["Type"] == "SQS"]


def _limited(function: Template, share: int) -> Template:
    events = {
        name: _limited_event(event, share) if event["Type"] == "SQS" else event
        for name, event in function["Properties"]["Events"].items()
    }
    return {**function, "Properties": {**function["Properties"], "Events": events}}


def _limited_event(event: Template, share: int) -> Template:
    scaling = event["Properties"]["ScalingConfig"]
    lower = {**scaling, "MaximumConcurrency": min(scaling["MaximumConcurrency"], share)}
    return {**event, "Properties": {**event["Properties"], "ScalingConfig": lower}}
