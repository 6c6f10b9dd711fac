"""The buses of the test of a consumer: what it calls EventBridge for, all in one place."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from imagebus.bus import EventBridgeBus
from imagebus.clock import SystemClock
from imagebus.events import AnyEvent
from imagebus_cli.problem import Problem

#: Everything but the pipeline's own events.
PUBLISHED = {"source": [{"anything-but": {"prefix": "imagebus."}}]}
#: Seconds for a replay.
PATIENCE = 30

#: (bus, rule)
Rule = tuple[str, str]


def create(client: Any, name: str) -> None:
    client.create_event_bus(Name=name)


def delete(client: Any, name: str) -> None:
    """Its rules are gone by then."""
    client.delete_event_bus(Name=name)


def rules_to(client: Any, queue_arn: str) -> Iterator[Rule]:
    """Each rule of any bus that sends to the queue."""
    for bus in client.list_event_buses()["EventBuses"]:
        named = client.list_rule_names_by_target(TargetArn=queue_arn, EventBusName=bus["Name"])
        yield from ((bus["Name"], rule) for rule in named["RuleNames"])


def lets_through(client: Any, rules: Sequence[Rule], envelope: Mapping[str, Any]) -> bool:
    """Whether one of the rules does, as EventBridge itself says."""
    for bus, rule in rules:
        pattern = client.describe_rule(Name=rule, EventBusName=bus)["EventPattern"]
        if client.test_event_pattern(EventPattern=pattern, Event=json.dumps(envelope))["Result"]:
            return True
    return False


@contextmanager
def captured(client: Any, bus: str, queue_arn: str) -> Iterator[None]:
    """A rule that sends what the consumer publishes to the queue, whose name it has."""
    name = queue_arn.rsplit(":", 1)[1]
    client.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(PUBLISHED))
    try:
        client.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "captured", "Arn": queue_arn}])
        yield
    finally:
        client.remove_targets(Rule=name, EventBusName=bus, Ids=["captured"])
        client.delete_rule(Name=name, EventBusName=bus)


@contextmanager
def archived(client: Any, bus: str) -> Iterator[str]:
    """An archive of a bus of the test's own, and its ARN."""
    arn = client.describe_event_bus(Name=bus)["Arn"]
    archive: str = client.create_archive(ArchiveName=bus, EventSourceArn=arn)["ArchiveArn"]
    try:
        yield archive
    finally:
        client.delete_archive(ArchiveName=bus)


def publish(client: Any, bus: str, events: Sequence[AnyEvent]) -> None:
    EventBridgeBus(client, bus, SystemClock()).publish(events)


def replay(client: Any, bus: str, archive: str) -> None:
    """Replays the archive to all rules of the bus, and returns when that is done. Raises Problem."""
    client.start_replay(
        ReplayName=bus,
        EventSourceArn=archive,
        EventStartTime=datetime.now(UTC) - timedelta(days=3650),
        EventEndTime=datetime.now(UTC) + timedelta(seconds=1),
        Destination={"Arn": client.describe_event_bus(Name=bus)["Arn"]},
    )
    deadline = time.monotonic() + PATIENCE
    while client.describe_replay(ReplayName=bus)["State"] in ("STARTING", "RUNNING"):
        if time.monotonic() > deadline:
            raise Problem(f"A replay did not end within {PATIENCE} s.")
        time.sleep(0.05)
