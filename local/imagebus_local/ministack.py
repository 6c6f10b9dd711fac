"""`python -m imagebus_local.ministack`: the emulator, with what it lacks and the pipeline rests on.

A replay that goes where it is sent. MiniStack 1.5 keeps a replay's FilterArns and sends to every rule all
the same. On AWS a replay reaches the named rules only, and rebuilding one projection depends on it.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html

The condition key `events:source`, which limits each service to events of its own. MiniStack never fills it.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html

A `*` in a policy that matches any character. MiniStack's stops at a line break, which a key may contain.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator
from ministack.services import cloudformation, eventbridge
from ministack.services.cloudformation import provisioners


def keep_filters(service: Any) -> None:
    """From now on a replayed event is delivered to no rule that its replay does not name."""
    deliver = service._invoke_target

    def deliver_if_named(target: Any, event: dict[str, Any], rule: dict[str, Any], *rest: Any) -> None:
        replay = service._replays.get(event.get("ReplayName") or "") or {}
        named = (replay.get("Destination") or {}).get("FilterArns")
        if not named or rule["Arn"] in named:
            deliver(target, event, rule, *rest)

    service._invoke_target = deliver_if_named


def know_sources(actions: Any) -> None:
    """From now on a policy's condition on `events:source` sees the source of what PutEvents brings."""
    others = actions.request_tag_context

    def context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = others(service, iam_action, body, params)
        if iam_action == "events:PutEvents":
            found["events:source"] = source(body)
        return found

    actions.request_tag_context = context


def source(body: bytes) -> str:
    """The one source of all entries; AWS judges entry by entry, here a mixture is no source at all."""
    sources = {entry.get("Source", "") for entry in json.loads(body).get("Entries", [])}
    return str(sources.pop()) if len(sources) == 1 else ""


def match_line_breaks(evaluator: Any) -> None:
    """From now on a wildcard of a policy matches line breaks as well."""
    compiled = evaluator._fnmatch_compile

    @cache
    def compile_pattern(pattern: str, ignore_case: bool) -> re.Pattern[str]:
        expression: re.Pattern[str] = compiled(pattern, ignore_case)
        return re.compile(expression.pattern, expression.flags | re.DOTALL)

    evaluator._fnmatch_compile = compile_pattern


def keep_attributes(provisioners: Any, stacks: Any) -> None:
    """Keep what an unchanged resource of a nested stack answers to GetAtt, as AWS does.

    MiniStack forgets it when the nested stack is updated, and the update fails.
    """
    update = provisioners._update_resource

    def update_resource(
        kind: str, physical: str, old: Any, new: Any, stack: str, logical: str, *known: Any
    ) -> Any:
        if not known:
            known = (stacks.get(stack)["_resources"][logical]["Attributes"],)
        return update(kind, physical, old, new, stack, logical, *known)

    provisioners._update_resource = update_resource


if __name__ == "__main__":
    match_line_breaks(iam_evaluator)
    keep_filters(eventbridge)
    know_sources(iam_actions)
    keep_attributes(provisioners, cloudformation._stacks)
    main()
