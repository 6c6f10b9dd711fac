"""What a consumer publishes, caught in queues of the test's own, and what its rules let through."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from imagebus.events.envelope import REPLAY_NAME
from imagebus.testing.kit.golden import golden_events
from imagebus_cli.consumers.blackbox.parts import Aws, Inbox
from imagebus_cli.consumers.blackbox.stores import QueueStore
from imagebus_cli.problem import Problem

#: Everything but the pipeline's own events.
PUBLISHED = {"source": [{"anything-but": {"prefix": "imagebus."}}]}
#: Seconds for an event to get from the bus to the inbox, and for a replay.
PATIENCE = 30


@contextmanager
def listening(aws: Aws, buses: set[str], topics: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The URL of a queue with what is published on the buses, and of one for each topic, by its name."""
    with ExitStack() as cleanup:
        captured = cleanup.enter_context(_queue(aws, "events.amazonaws.com"))
        for bus in sorted(buses):
            cleanup.enter_context(_rule(aws, bus, captured))
        subscribed = {}
        for name, topic in topics.items():
            subscribed[name] = cleanup.enter_context(_queue(aws, "sns.amazonaws.com"))
            cleanup.enter_context(_subscription(aws, topic, subscribed[name]))
        yield captured, subscribed


def received(aws: Aws, inbox: Inbox, envelope: Mapping[str, Any]) -> bool:
    """Whether a rule of the inbox lets the event through, as EventBridge itself says."""
    events = aws.client("events")
    for bus, rule in inbox.rules:
        pattern = events.describe_rule(Name=rule, EventBusName=bus)["EventPattern"]
        if events.test_event_pattern(EventPattern=pattern, Event=json.dumps(envelope))["Result"]:
            return True
    return False


def subscribed(aws: Aws, inbox: Inbox) -> tuple[list[str], bool]:
    """The events that its rules let through, and whether they let replays through. Raises Problem."""
    examples = {each["detail-type"]: each for each in golden_events().values()}
    live = [name for name, each in examples.items() if received(aws, inbox, each)]
    if not live:
        raise Problem(
            "Its rule lets no event of the pipeline through.", "Check its DetailTypes.", exit_code=1
        )
    replayed = (examples[name] | {REPLAY_NAME: "consumer-test"} for name in live)
    return live, any(received(aws, inbox, each) for each in replayed)


def delivers(aws: Aws, inbox: Inbox, bus: str, detail_types: list[str]) -> bool:
    """Whether a replay of an event of each type arrives in the inbox. First they are sent live.

    Only on a bus of the test's own: a replay reaches all rules. Raises Problem if a live one does not arrive.
    """
    events, queue = aws.client("events"), QueueStore(aws.client("sqs"), "inbox", inbox.url)
    arn = events.describe_event_bus(Name=bus)["Arn"]
    archive = events.create_archive(ArchiveName=bus, EventSourceArn=arn)["ArchiveArn"]
    try:
        examples = {each["detail-type"]: each for each in golden_events().values()}
        for name in detail_types:
            entry = {"EventBusName": bus, "Source": examples[name]["source"], "DetailType": name}
            events.put_events(Entries=[entry | {"Detail": json.dumps(examples[name]["detail"])}])
        if missing := set(detail_types) - {
            each["detail-type"] for each in _arrived(queue, len(detail_types))
        }:
            raise Problem(
                f"{', '.join(sorted(missing))} did not get from the bus to its inbox.",
                "Does the inbox's policy let the rule send?",
            )
        events.start_replay(
            ReplayName=bus,
            EventSourceArn=archive,
            EventStartTime=datetime.now(UTC) - timedelta(hours=1),
            EventEndTime=datetime.now(UTC) + timedelta(seconds=1),
            Destination={"Arn": arn},
        )
        deadline = time.monotonic() + PATIENCE
        while events.describe_replay(ReplayName=bus)["State"] in ("STARTING", "RUNNING"):
            if time.monotonic() > deadline:
                raise Problem(f"A replay did not end within {PATIENCE} s.")
            time.sleep(0.05)
        return any(REPLAY_NAME in json.loads(body) for body in queue.bodies())
    finally:
        events.delete_archive(ArchiveName=bus)


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
def _rule(aws: Aws, bus: str, url: str) -> Iterator[None]:
    events, name = aws.client("events"), url.rsplit("/", 1)[1]
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(PUBLISHED))
    try:
        target = {"Id": "captured", "Arn": _arn(aws, url)}
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
        yield
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["captured"])
        events.delete_rule(Name=name, EventBusName=bus)


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
