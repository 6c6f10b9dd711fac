"""Whether an event can go its way: rule -> inbox, which must admit it -> the function that reads the inbox.

A deployment repairs none of this: CloudFormation changes only what differs from the template that it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from imagebus.events.catalog import STAGES
from imagebus.naming import dead_letters_name, rule_name
from imagebus_cli.output.text import count
from imagebus_cli.stack import bus
from imagebus_cli.stack.bus import Delivery
from imagebus_cli.stack.findings import Finding, Findings, Verdict

if TYPE_CHECKING:
    from imagebus_cli.stack.deployed import Stack

#: States of an event source mapping that works, or is about to.
WORKING = frozenset({"Enabled", "Enabling", "Creating", "Updating"})
#: The stage whose inbox a schedule may read instead.
SCHEDULED = "cleaner"
RESTORE = "A deployment does not restore it. See docs/runbook.md, Undelivered."


def check(stack: Stack) -> list[Finding]:
    """Findings about every rule on the stack's bus, its inbox and what reads it, and about dead letters."""
    findings = Findings()
    if "InboxUrls" not in stack.outputs:
        return findings  # a finding of its own
    with findings.reading("delivery"):
        name = stack_name(stack)
        deliveries = bus.deliveries(stack, rule_name(name, "ingest"))
        stages = {rule_name(name, stage.name): stage.name for stage in STAGES}
        for rule in sorted(stages.keys() - {each.rule for each in deliveries}):
            message = f"there is no rule {rule}: no event reaches {stages[rule]}"
            findings.append(Finding("delivery", Verdict.BAD, message, RESTORE))
        with ThreadPoolExecutor(8) as pool:
            faults = pool.map(lambda each: list(_faults(stack, each, stages.get(each.rule))), deliveries)
            findings += [fault for some in faults for fault in some]
            findings += _watchers(stack, name, [each for each in deliveries if each.rule in stages], pool)
        if not findings:
            told = f"{count(len(deliveries), 'rule')}, each with an inbox that admits its events and is read"
            findings.append(Finding("delivery", Verdict.OK, told))
    with findings.reading("dead letters"):
        findings.append(_dead_letters(stack))
    return findings


def stack_name(stack: Stack) -> str:
    return stack.outputs["InboxUrls"].rsplit("/", 1)[-1].partition("_")[0]


def depth(stack: Stack, url: str) -> tuple[int, int]:
    """Messages that wait in a queue, and those that somebody works on."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found: Any = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def _dead_letters(stack: Stack) -> Finding:
    """What waits for failures, which reports each as an event."""
    pattern, name = stack.outputs["InboxUrls"], stack_name(stack)
    base = pattern.rsplit("/", 1)[0]
    waiting = {}
    for stage in STAGES:
        if number := sum(depth(stack, f"{base}/{dead_letters_name(name, stage.name)}")):
            waiting[stage.name] = number
    if not waiting:
        return Finding("dead letters", Verdict.OK, "none")
    told = ", ".join(f"{stage} ({number:,})" for stage, number in waiting.items())
    advice = (
        "They become failures of their images within five minutes. If not: docs/runbook.md, Dead letters."
    )
    return Finding("dead letters", Verdict.NOTE, f"waiting: {told}", advice)


def _faults(stack: Stack, delivery: Delivery, stage: str | None) -> Iterator[Finding]:
    """`stage` is None for the rule of a consumer in a stack of its own, which may be off on purpose."""
    verdict, who = Verdict.BAD if stage else Verdict.NOTE, stage or f"the consumer {delivery.rule}"
    if not delivery.enabled:
        advice = f"aws events enable-rule --name {delivery.rule} --event-bus-name {delivery.bus}"
        yield Finding(
            "delivery", verdict, f"the rule {delivery.rule} is disabled: no event reaches {who}", advice
        )
    if stage and not any(arn.endswith(f":{delivery.rule}_inbox") for arn in delivery.queues):
        message = f"the rule {delivery.rule} does not send to the inbox of {stage}"
        yield Finding("delivery", Verdict.BAD, message, RESTORE)
    for arn in delivery.queues:
        queue = arn.rpartition(":")[2]
        try:
            url = stack.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        except stack.sqs.exceptions.QueueDoesNotExist:
            yield Finding("delivery", verdict, f"the inbox {queue} of {who} is gone", RESTORE)
            continue
        found: Any = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
        if not admits(found.get("Attributes", {}).get("Policy", ""), arn, delivery.arn):
            message = f"the policy of {queue} does not admit events of the rule {delivery.rule}"
            yield Finding("delivery", verdict, message, RESTORE)
        yield from _reading(stack, arn, who, stage, verdict)


def _reading(stack: Stack, arn: str, who: str, stage: str | None, verdict: Verdict) -> Iterator[Finding]:
    mappings = _mappings(stack, arn)
    working = [each for each in mappings if each.get("State") in WORKING]
    for each in working:
        if str(each.get("LastProcessingResult", "")).startswith("PROBLEM"):
            yield Finding("delivery", verdict, f"the trigger of {who}: {each['LastProcessingResult']}")
        function = each["FunctionArn"]
        limit = stack.functions.get_function_concurrency(FunctionName=function)
        if limit.get("ReservedConcurrentExecutions") == 0:
            advice = f"aws lambda delete-function-concurrency --function-name {function}"
            message = f"the function of {who} may not run: its reserved concurrency is 0"
            yield Finding("delivery", verdict, message, advice)
    if working or (stage is None and not mappings):  # a consumer needs no function of Lambda
        return
    if stage == SCHEDULED and any(bus.is_scheduled(stack, each["FunctionArn"]) for each in mappings):
        return
    message = f"nothing reads the inbox of {who}: its trigger is {_states(mappings)}"
    advice = "".join(
        f"aws lambda update-event-source-mapping --uuid {each['UUID']} --enabled" for each in mappings[:1]
    )
    yield Finding("delivery", verdict, message, advice or RESTORE)


def _watchers(stack: Stack, name: str, own: Sequence[Delivery], pool: Executor) -> Iterator[Finding]:
    """What notices that an image is stuck: the sweeper, and failures, which reads the dead letters.

    A schedule calls failures, or (`Polling: continuous`) each queue of dead letters has a trigger.
    """
    enable = "aws events enable-rule --name "
    for rule, enabled in bus.schedules(stack, f"{name}-SweeperFunction").items():
        if not enabled:
            message = f"the schedule {rule} is disabled: images that wait too long are never noticed"
            yield Finding("delivery", Verdict.BAD, message, enable + rule)
    drains = bus.schedules(stack, f"{name}-FailuresFunction")
    if any(drains.values()):
        return
    queues = [arn.removesuffix("_inbox") for each in own for arn in each.queues if arn.endswith("_inbox")]
    triggers = pool.map(lambda queue: _mappings(stack, dead_letters_name(*queue.rsplit("_", 1))), queues)
    unread, disabled = [], []
    for queue, mappings in zip(queues, triggers, strict=True):
        if not any(each.get("State") in WORKING for each in mappings):
            unread.append(queue.rpartition("_")[2])
            disabled += [each["UUID"] for each in mappings]
    advice = [f"aws lambda update-event-source-mapping --uuid {each} --enabled" for each in disabled]
    advice += [enable + each for each in drains]
    if unread and advice:
        yield Finding(
            "delivery", Verdict.BAD, f"nothing reads the dead letters of {', '.join(unread)}", advice[0]
        )


def _mappings(stack: Stack, queue: str) -> Sequence[Any]:
    pages = stack.functions.get_paginator("list_event_source_mappings").paginate(EventSourceArn=queue)
    return [each for page in pages for each in page["EventSourceMappings"]]


def _states(mappings: Sequence[Any]) -> str:
    return ", ".join(str(each.get("State", "unknown")).lower() for each in mappings) or "gone"


def admits(policy: str, queue: str, rule: str) -> bool:
    """Whether a queue's policy lets EventBridge send events of the rule to it.

    Conditions that nothing is known about count in favour of the policy.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    statements = json.loads(policy or "{}").get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]

    def says(effect: str) -> bool:
        return any(each["Effect"] == effect and _is_about(each, queue, rule) for each in listed)

    return says("Allow") and not says("Deny")


def _is_about(statement: Mapping[str, Any], queue: str, rule: str) -> bool:
    unsure: bool = statement["Effect"] == "Allow"
    if not statement.keys() >= {"Principal", "Action"}:  # NotPrincipal, NotAction
        return unsure
    principal = statement["Principal"]
    named = principal if isinstance(principal, str) else principal.get("Service", principal.get("AWS", ()))
    asked = (
        any(each in ("*", "events.amazonaws.com") for each in _texts(named)),
        any(fnmatchcase("sqs:sendmessage", each.lower()) for each in _texts(statement["Action"])),
        any(fnmatchcase(queue, each) for each in _texts(statement.get("Resource", "*"))),
    )
    return all(asked) and _holds(statement.get("Condition", {}), rule, unsure=unsure)


def _holds(condition: Mapping[str, Mapping[str, Any]], rule: str, *, unsure: bool) -> bool:
    request = {"aws:sourcearn": rule, "aws:sourceaccount": rule.split(":")[4], "aws:securetransport": "true"}
    for operator, keys in condition.items():
        for key, values in keys.items():
            if "Not" in operator or "Null" in operator or key.lower() not in request:
                if not unsure:
                    return False
            elif not any(fnmatchcase(request[key.lower()], str(each)) for each in _texts(values)):
                return False
    return True


def _texts(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
