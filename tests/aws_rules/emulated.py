"""MiniStack's own modules in this process, patched as they are where the emulator starts, and empty."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services import eventbridge, s3, sqs

from imagebus_local import ministack

ACCOUNT, REGION = "000000000000", "us-east-1"


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module, names in (
        (eventbridge, ("_invoke_target", "_dispatch_event")),
        (s3, ("_fire_s3_event",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setattr("ministack.app.AUTH", True)
    eventbridge._ensure_default_bus()
    ministack.dead_letter_undelivered(eventbridge, sqs)
    ministack.name_versions(s3, eventbridge)
    yield
    eventbridge.reset()
    sqs.reset()
    s3.reset()


def queue(name: str, *, rule: str | None) -> str:
    """A queue's ARN; its policy lets this rule send, or nobody."""
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    url = sqs._act_create_queue({"QueueName": name}, "")["QueueUrl"]
    if rule is not None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn(rule)}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs._act_set_queue_attributes({"QueueUrl": url, "Attributes": {"Policy": policy}}, "")
    return arn


def messages(queue_arn: str) -> list[dict[str, Any]]:
    """What a queue holds: bodies, and message attributes as plain strings."""
    return [
        {
            "body": json.loads(message["body"]),
            "attributes": {
                name: value["StringValue"] for name, value in message.get("message_attributes", {}).items()
            },
        }
        for message in sqs._queue_by_arn(queue_arn)["messages"]
    ]


def rule_arn(name: str) -> str:
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{name}"


def rule(name: str, source: str, **target: Any) -> None:
    """A rule on the default bus with one target."""
    pattern = json.dumps({"source": [source]})
    assert eventbridge._put_rule({"Name": name, "EventPattern": pattern})[0] == 200
    assert eventbridge._put_targets({"Rule": name, "Targets": [{"Id": "only", **target}]})[0] == 200


def put_event(source: str, detail: dict[str, Any]) -> None:
    entry = {"Source": source, "DetailType": "ImageValidated", "Detail": json.dumps(detail)}
    assert eventbridge._put_events({"Entries": [entry]})[0] == 200
