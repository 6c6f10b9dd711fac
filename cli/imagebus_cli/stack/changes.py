"""A change set: what it would do in a few lines, and its execution."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from imagebus_cli.problem import Problem
from imagebus_cli.stack import settling

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

    from imagebus_cli.output.terminal import Say

#: Types whose replacement or removal loses data, or leaves it where nothing reads it any more.
STATEFUL = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::Events::Archive",
        "AWS::Events::EventBus",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
    }
)
#: Looks, a second apart, until an execution must have begun.
START_LOOKS = 20


@dataclass(frozen=True)
class Changes:
    """How many resources are added, changed, replaced and removed; `loud` names those with data that go."""

    counts: Mapping[str, int]
    loud: tuple[str, ...]

    def __str__(self) -> str:
        told = [f"{self.counts.get(kind, 0)} {kind}" for kind in ("added", "changed", "replaced", "removed")]
        return ", ".join(told)


def summary(client: CloudFormationClient, change_set: str) -> Changes:
    counts: Counter[str] = Counter()
    loud = []
    for change in _changes(client, change_set):
        kind = _kind(change)
        counts[kind] += 1
        if kind in {"replaced", "removed"} and change["ResourceType"] in STATEFUL:
            name, sort = change["LogicalResourceId"], change["ResourceType"]
            physical = change.get("PhysicalResourceId", "")
            maybe = " (perhaps)" if change.get("Replacement") == "Conditional" else ""
            loud.append(f"{name} ({sort}, {physical}) would be {kind.upper()}{maybe}")
    return Changes(dict(counts), tuple(loud))


def _kind(change: Mapping[str, Any]) -> str:
    action = change["Action"]
    if action == "Modify":
        return (
            "replaced"
            if change.get("Replacement") in {"True", "Conditional"} and _matters(change)
            else "changed"
        )
    return {"Add": "added", "Remove": "removed", "Import": "imported"}.get(action, "changed")


def _matters(change: Mapping[str, Any]) -> bool:
    """A replacement that depends on a value is only worth a word for a resource with data."""
    return change["Replacement"] == "True" or change["ResourceType"] in STATEFUL


def _changes(client: CloudFormationClient, change_set: str) -> Iterator[Mapping[str, Any]]:
    for page in client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set):
        yield from (each["ResourceChange"] for each in page["Changes"] if "ResourceChange" in each)


def execute(client: CloudFormationClient, change_set: str, say: Say) -> str:
    """Execute a change set and wait; returns the stack's id. Raises Problem with the reasons if it failed."""
    about = client.describe_change_set(ChangeSetName=change_set)
    stack, began = about["StackId"], about["CreationTime"]
    client.execute_change_set(ChangeSetName=change_set, ClientRequestToken=settling.once())
    _wait_for_the_start(client, stack, began)
    ended = settling.settled(client, stack, say, review=False)
    if ended in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        return stack
    reasons = "\n".join(settling.failures(client, stack, since=began))
    advice = f"All events: {settling.events(about['StackName'])}"
    raise Problem(f"The stack is {ended}.", advice, detail=reasons)


def _wait_for_the_start(client: CloudFormationClient, stack: str, began: datetime) -> None:
    """Right after the call, a stack that is updated may still have the status of the update before."""
    for _ in range(START_LOOKS):
        about = client.describe_stacks(StackName=stack)["Stacks"][0]
        if about["StackStatus"].endswith("_IN_PROGRESS") or about.get("LastUpdatedTime", began) > began:
            return
        time.sleep(1)


def discard(client: CloudFormationClient, change_set: str) -> None:
    """Delete a change set that was not approved, and the empty stack that CloudFormation made for it."""
    stack = client.describe_change_set(ChangeSetName=change_set)["StackId"]
    client.delete_change_set(ChangeSetName=change_set)
    if settling.status(client, stack) == "REVIEW_IN_PROGRESS":
        client.delete_stack(StackName=stack)
