"""What an operator asks of EventBridge: buses, rules, archives, replays, and what others put there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from imagebus.events.envelope import REPLAY_NAME
from imagebus_cli.stack.paging import every

if TYPE_CHECKING:
    import boto3

    from imagebus_cli.stack.deployed import Stack

#: How each is listed: service, operation, list in its answer, name in an item, argument with a prefix.
ARCHIVES = ("events", "list_archives", "Archives", "ArchiveName", "NamePrefix")
BUSES = ("events", "list_event_buses", "EventBuses", "Name", "NamePrefix")
RULES = ("events", "list_rules", "Rules", "Name", "NamePrefix")


@dataclass(frozen=True)
class Outsider:
    """A rule, or an archive, on a bus. EventBridge deletes no bus that has rules."""

    kind: str
    name: str
    bus: str

    def __str__(self) -> str:
        return f"the {self.kind} {self.name} on the bus {self.bus}"

    def delete(self, session: boto3.Session) -> None:
        events = session.client("events")
        with suppress(events.exceptions.ResourceNotFoundException):
            if self.kind == "archive":
                events.delete_archive(ArchiveName=self.name)
                return
            targets = events.list_targets_by_rule(Rule=self.name, EventBusName=self.bus)["Targets"]
            if targets:
                ids = [each["Id"] for each in targets]
                events.remove_targets(Rule=self.name, EventBusName=self.bus, Ids=ids)
            events.delete_rule(Name=self.name, EventBusName=self.bus)


def outsiders(
    session: boto3.Session, bus: str, own_rules: Collection[str], own_archives: Collection[str]
) -> Iterator[Outsider]:
    """Rules and archives on the bus that are not the stack's; its own are given by their physical ids.

    A rule that a service manages, such as the one behind an archive, goes with what it is for.
    """
    events: Any = session.client("events")
    own = {each.rpartition("|")[2].rpartition("/")[2] for each in own_rules}  # CloudFormation says BUS|RULE
    with suppress(events.exceptions.ResourceNotFoundException):
        for rule in rules(session, bus):
            if rule["Name"] not in own and not rule.get("ManagedBy"):
                yield Outsider("rule", rule["Name"], bus)
        arn = events.describe_event_bus(Name=bus)["Arn"]
        for archive in every(events.list_archives, "Archives", EventSourceArn=arn):
            if archive["ArchiveName"] not in own_archives:
                yield Outsider("archive", archive["ArchiveName"], bus)


def rules(session: boto3.Session, bus: str) -> Iterator[Any]:
    return every(session.client("events").list_rules, "Rules", EventBusName=bus)


def buses(session: boto3.Session) -> Iterator[Any]:
    return every(session.client("events").list_event_buses, "EventBuses")


def ask(stack: Stack, name: str) -> None:
    """Raise the client's error if the bus does not answer."""
    stack.events.describe_event_bus(Name=name)


@dataclass(frozen=True)
class Rule:
    """A rule on the stack's bus. One that does not take replays would receive nothing from one."""

    name: str
    arn: str
    takes_replays: bool


def rules_of(stack: Stack) -> list[Rule]:
    pages = stack.events.get_paginator("list_rules").paginate(EventBusName=stack.outputs["EventBusName"])
    return [
        Rule(each["Name"], each["Arn"], not _excludes_replays(each.get("EventPattern", "{}")))
        for page in pages
        for each in page["Rules"]
    ]


def _excludes_replays(pattern: str) -> bool:
    """EventBridge adds the name of the replay to what it replays, and this asks for events without one."""
    asked: object = json.loads(pattern).get(REPLAY_NAME)
    return asked == [{"exists": False}]


def inboxes(stack: Stack, rule_arn: str) -> list[str]:
    """URLs of the queues that a rule sends to."""
    name = rule_arn.rsplit("/", 1)[1]
    targets = stack.events.list_targets_by_rule(Rule=name, EventBusName=stack.outputs["EventBusName"])
    queues = [target["Arn"] for target in targets["Targets"] if ":sqs:" in target["Arn"]]
    return [stack.sqs.get_queue_url(QueueName=arn.rsplit(":", 1)[1])["QueueUrl"] for arn in queues]


@dataclass(frozen=True)
class Delivery:
    """A rule, and the ARNs of the queues that it sends to."""

    rule: str
    arn: str
    bus: str
    enabled: bool
    queues: Sequence[str]


def deliveries(stack: Stack, on_default: str) -> list[Delivery]:
    """The rules on the stack's bus, and that one on the default bus if it exists."""
    events, own = stack.events, stack.outputs["EventBusName"]
    found = [("default", each) for each in every(events.list_rules, "Rules", NamePrefix=on_default)]
    found += [(own, each) for each in every(events.list_rules, "Rules", EventBusName=own)]
    return [
        Delivery(
            rule["Name"],
            rule["Arn"],
            name,
            rule.get("State") != "DISABLED",
            [
                target["Arn"]
                for target in every(
                    events.list_targets_by_rule, "Targets", Rule=rule["Name"], EventBusName=name
                )
                if ":sqs:" in target["Arn"]
            ],
        )
        for name, rule in found
        if not rule.get("ManagedBy") and (name == own or rule["Name"] == on_default)
    ]


def is_scheduled(stack: Stack, function: str) -> bool:
    """Whether a rule on the default bus that is enabled calls the function."""
    names = every(stack.events.list_rule_names_by_target, "RuleNames", TargetArn=function)
    return any(stack.events.describe_rule(Name=name)["State"] == "ENABLED" for name in names)


def schedules(stack: Stack, prefix: str) -> dict[str, bool]:
    """The schedules on the default bus whose names have the prefix, and whether each is enabled."""
    found = every(stack.events.list_rules, "Rules", NamePrefix=prefix)
    return {each["Name"]: each["State"] == "ENABLED" for each in found if "ScheduleExpression" in each}


def archive_created(stack: Stack) -> datetime:
    return stack.events.describe_archive(ArchiveName=stack.outputs["ArchiveName"])["CreationTime"]


def replay(stack: Stack, name: str, start: datetime, end: datetime, arns: Sequence[str]) -> None:
    """Replay the stack's archive to these rules, under a new name."""
    archive = stack.events.describe_archive(ArchiveName=stack.outputs["ArchiveName"])
    # The SDK repeats a request whose response was lost. The name is new, so "exists" means that it worked.
    with suppress(stack.events.exceptions.ResourceAlreadyExistsException):
        stack.events.start_replay(
            ReplayName=name,
            EventSourceArn=archive["ArchiveArn"],
            EventStartTime=start,
            EventEndTime=end,
            Destination={"Arn": archive["EventSourceArn"], "FilterArns": list(arns)},
        )


def replay_state(stack: Stack, name: str) -> tuple[str, datetime | None]:
    """A replay's state, and the time of the last event that it has replayed."""
    described = stack.events.describe_replay(ReplayName=name)
    return described["State"], described.get("EventLastReplayedTime")
