"""Rules on a bus, and those that others have put on a stack's. EventBridge deletes no bus that has rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagebus_cli.stack.paging import every

if TYPE_CHECKING:
    import boto3

#: How rules are listed: service, operation, list in its answer, name in an item, argument with a prefix.
RULES = ("events", "list_rules", "Rules", "Name", "NamePrefix")


@dataclass(frozen=True)
class Outsider:
    """A rule, or an archive, on a bus."""

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
