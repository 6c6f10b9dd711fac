"""What a consumer publishes, caught in queues of the test's own, and what its rules let through."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from imagebus.events.catalog import parse
from imagebus.events.envelope import REPLAY_NAME, is_replayed
from imagebus.testing.kit.golden import golden_events
from imagebus_cli.consumers.blackbox import bus as buses
from imagebus_cli.consumers.blackbox.parts import Aws, Inbox
from imagebus_cli.consumers.blackbox.stores import QueueStore
from imagebus_cli.problem import Problem

#: Seconds for an event to get from the bus to the inbox.
PATIENCE = 30


@contextmanager
def listening(aws: Aws, inbox: Inbox, topics: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a queue with what is published on the inbox's buses, and of one for each topic by name."""
    with ExitStack() as cleanup:
        captured = cleanup.enter_context(_queue(aws, "events.amazonaws.com"))
        for bus in sorted({bus for bus, _ in inbox.rules}):
            cleanup.enter_context(buses.captured(aws.client("events"), bus, _arn(aws, captured)))
        subscribed = {}
        for name, topic in topics.items():
            subscribed[name] = cleanup.enter_context(_queue(aws, "sns.amazonaws.com"))
            cleanup.enter_context(_subscription(aws, topic, subscribed[name]))
        yield captured, subscribed


def _examples() -> dict[str, dict[str, Any]]:
    """A golden event of each type."""
    return {each["detail-type"]: each for each in golden_events().values()}


def subscribed(aws: Aws, inbox: Inbox) -> tuple[list[str], bool]:
    """The events that its rules let through, and whether they let replays through. Raises Problem."""
    client, examples = aws.client("events"), _examples()
    live = [name for name, each in examples.items() if buses.lets_through(client, inbox.rules, each)]
    if not live:
        raise Problem("Its rule matches none of the pipeline's events.", "Check its DetailTypes.")
    replayed = (examples[name] | {REPLAY_NAME: "consumer-test"} for name in live)
    return live, any(buses.lets_through(client, inbox.rules, each) for each in replayed)


def takes_replays(aws: Aws, inbox: Inbox, bus: str, detail_types: list[str]) -> bool:
    """Whether a replay of an event of each type arrives in the inbox. First they are sent live.

    Only on a bus of the test's own: a replay reaches all rules. Raises Problem if a live one does not arrive.
    """
    client, queue = aws.client("events"), QueueStore(aws.client("sqs"), "inbox", inbox.url)
    with buses.archived(client, bus) as archive:
        examples = _examples()
        buses.publish(client, bus, [parse(name, examples[name]["detail"]) for name in detail_types])
        arrived = {each["detail-type"] for each in _arrived(queue, len(detail_types))}
        if missing := set(detail_types) - arrived:
            raise Problem(
                f"{', '.join(sorted(missing))} did not arrive in its inbox.",
                "Does the inbox's policy allow the rule to send?",
            )
        buses.replay(client, bus, archive)
        return any(is_replayed(json.loads(body)) for body in queue.bodies())


def _arrived(queue: QueueStore, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < deadline:
        found += map(json.loads, queue.bodies())
        time.sleep(0.02)
    return found


@contextmanager
def _queue(aws: Aws, sender: str) -> Iterator[str]:
    """A queue that a service of AWS may send to; its URL."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"consumer-test-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    try:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": sender},
            "Action": "sqs:SendMessage",
            "Resource": _arn(aws, url),
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        yield url
    finally:
        sqs.delete_queue(QueueUrl=url)


@contextmanager
def _subscription(aws: Aws, topic: str, url: str) -> Iterator[None]:
    sns = aws.client("sns")
    subscription = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=_arn(aws, url),
        Attributes={"RawMessageDelivery": "true"},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield
    finally:
        sns.unsubscribe(SubscriptionArn=subscription)


def _arn(aws: Aws, url: str) -> str:
    found = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn: str = found["Attributes"]["QueueArn"]
    return arn
