"""Delete a stack: what goes, what stands in the way, and what stays."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagebus_cli.output.text import count, option
from imagebus_cli.problem import Problem
from imagebus_cli.stack import data, settling
from imagebus_cli.stack.bus import Outsider, outsiders
from imagebus_cli.stack.existing import KEPT

if TYPE_CHECKING:
    import boto3

    from imagebus_cli.output.terminal import Say

NESTED, BUCKET, TABLE = "AWS::CloudFormation::Stack", "AWS::S3::Bucket", "AWS::DynamoDB::Table"
BUS, RULE, ARCHIVE = "AWS::Events::EventBus", "AWS::Events::Rule", "AWS::Events::Archive"
LAYER = "AWS::Lambda::LayerVersion"
#: Every imagebus stack has these, even one with nothing but imported data. Others are not ours to delete.
OWN = {(TABLE, "StatusTable"), (TABLE, "LedgerTable"), (BUCKET, "UploadsBucket")}


@dataclass(frozen=True)
class Resource:
    """`name` is the logical id, `physical` what the service calls it."""

    kind: str
    name: str
    physical: str


@dataclass(frozen=True)
class Plan:
    """A stack that exists, or the newest deleted one of the name if only its data is left."""

    stack: str
    stack_id: str
    status: str
    place: str
    resources: tuple[Resource, ...]
    outsiders: tuple[Outsider, ...] = ()
    protected: bool = False
    key: str = ""

    @property
    def gone(self) -> bool:
        return self.status == "DELETE_COMPLETE"

    def of(self, kind: str) -> list[Resource]:
        return [each for each in self.resources if each.kind == kind]

    @property
    def data(self) -> list[Resource]:
        return [each for each in (*self.of(BUCKET), *self.of(TABLE)) if each.name in KEPT]

    def lines(self, *, keep_data: bool) -> Iterator[str]:
        """What would happen, before anything does."""
        if self.gone:
            yield f"The stack {self.stack} ({self.place}) is already deleted."
        else:
            number = count(len(self.resources), "resource")
            yield f"The stack {self.stack} ({self.place}) and its {number} will be deleted."
            for archive in self.of(ARCHIVE):
                yield f"  The event archive {archive.physical} too: nothing can be replayed afterwards."
        for each in self.data:
            what = "bucket" if each.kind == BUCKET else "table"
            if keep_data:
                yield f"  The {what} {each.physical} stays."
            else:
                yield f"  The {what} {each.physical} will be DELETED, with everything in it."
        for outsider in self.outsiders:
            yield f"  Not part of the stack: {outsider}."

    def require_permission(self, *, force: bool) -> None:
        """Raises Problem if the deletion would fail, or break something else."""
        if self.protected:
            command = "aws cloudformation update-termination-protection --no-enable-termination-protection"
            raise Problem(
                f"{self.stack} is protected.",
                f"To allow it: {command} --stack-name {self.stack}",
            )
        if self.status.endswith("_IN_PROGRESS") and self.status not in {
            "DELETE_IN_PROGRESS",
            "REVIEW_IN_PROGRESS",
        }:
            raise Problem(f"{self.stack} is {self.status}.", "Wait until it is done, then run this again.")
        if self.outsiders and not force:
            named = ", ".join(map(str, self.outsiders))
            advice = "Delete the stacks that they belong to first, or delete them too: --force"
            raise Problem(f"The bus is still in use: {named}.", advice, exit_code=1)


def plan(session: boto3.Session, stack: str) -> Plan:
    """Raises Problem if there is no such stack with anything left, or if it is not an imagebus stack."""
    client: Any = session.client("cloudformation")
    status = settling.status(client, stack)
    if status is None:
        return _plan_of_deleted(session, client, stack)
    about = client.describe_stacks(StackName=stack)["Stacks"][0]
    listed = list(_resources(client, about["StackId"]))
    if listed and not _is_ours(listed):
        raise Problem(
            f"{stack} is not an imagebus stack: nothing was deleted.",
            f"Check {option('--stack', stack)}. To delete anything else: sam delete --stack-name {stack}",
        )
    resources = tuple(each for each in listed if each.physical)
    values = {each["ParameterKey"]: each["ParameterValue"] for each in about.get("Parameters", [])}
    return Plan(
        stack=stack,
        stack_id=about["StackId"],
        status=status,
        place=_place(about["StackId"]),
        resources=resources,
        outsiders=tuple(_outsiders(session, stack, resources)),
        protected=bool(about.get("EnableTerminationProtection")),
        key=values.get("EncryptionKeyArn", ""),
    )


def _outsiders(session: boto3.Session, stack: str, resources: Iterable[Resource]) -> Iterator[Outsider]:
    own: dict[str, set[str]] = {BUS: set(), RULE: set(), ARCHIVE: set()}
    for each in resources:
        own.setdefault(each.kind, set()).add(each.physical)
    archives = own[ARCHIVE] | {f"{stack}-events"}  # on the embedded AWS, it is not a resource of the stack
    for bus in own[BUS]:
        yield from outsiders(session, bus, own[RULE], archives)


def _plan_of_deleted(session: boto3.Session, client: Any, stack: str) -> Plan:
    """CloudFormation remembers the events of a deleted stack for 90 days, under its id.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
    """
    pages = client.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    deleted = [each for page in pages for each in page["StackSummaries"] if each["StackName"] == stack]
    for each in sorted(deleted, key=lambda each: each["CreationTime"], reverse=True):
        events = list(_events(client, each["StackId"]))
        if not _is_ours(resource for _, resource in events):
            continue
        left = [
            resource
            for status, resource in events
            if status == "DELETE_SKIPPED" and resource.name in KEPT and _is_left(session, client, resource)
        ]
        if left:
            return Plan(stack, each["StackId"], "DELETE_COMPLETE", _place(each["StackId"]), tuple(left))
    advice = f"Check {option('--stack', stack)}, and the account and region that you use."
    raise Problem(f"There is no stack {stack}, and no data that one left behind.", advice)


def _events(client: Any, stack_id: str) -> Iterator[tuple[str, Resource]]:
    """The status of each event with its resource. A deletion skips what its DeletionPolicy keeps."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            physical = event.get("PhysicalResourceId", "")
            yield (
                event.get("ResourceStatus", ""),
                Resource(event["ResourceType"], event["LogicalResourceId"], physical),
            )


def _is_ours(resources: Iterable[Resource]) -> bool:
    return {(each.kind, each.name) for each in resources} >= OWN


def _is_left(session: boto3.Session, client: Any, resource: Resource) -> bool:
    """Whether it is data that still exists, and that no other stack has imported since."""
    from botocore.exceptions import ClientError

    if resource.kind == BUCKET:
        exists = data.bucket_exists(session.client("s3"), resource.physical)
    elif resource.kind == TABLE:
        exists = data.table_exists(session.client("dynamodb"), resource.physical)
    else:
        return False
    if not exists:
        return False
    try:
        owners = client.describe_stack_resources(PhysicalResourceId=resource.physical)["StackResources"]
    except ClientError:
        return True  # "Stack for … does not exist"
    return all(owner.get("ResourceStatus") == "DELETE_SKIPPED" for owner in owners)


def _resources(client: Any, stack_id: str) -> Iterator[Resource]:
    """The resources of a stack and of its nested stacks. One that was never created has no physical id."""
    for page in client.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        for each in page["StackResourceSummaries"]:
            physical = each.get("PhysicalResourceId", "")
            yield Resource(each["ResourceType"], each["LogicalResourceId"], physical)
            nested = each["ResourceType"] == NESTED and each.get("ResourceStatus") != "DELETE_COMPLETE"
            if nested and physical:
                yield from _resources(client, physical)


def _place(arn: str) -> str:
    _, _, _, region, account, _ = arn.split(":", 5)
    return f"{region}, account {account}"


def remove(session: boto3.Session, planned: Plan, *, keep_data: bool, say: Say) -> None:
    """Delete the stack first, so that nothing writes any more, then its data. Safe to repeat."""
    for outsider in planned.outsiders:
        say(f"deleting {outsider}")
        outsider.delete(session)
    if not planned.gone:
        client = session.client("cloudformation")
        ended = _deleted(client, planned, say)
        too_early = ended == "DELETE_FAILED" and _bus_was_too_early(client, planned)
        if too_early and not any(_outsiders(session, planned.stack, planned.resources)):
            say("the bus still had its rules: deleting it again")
            time.sleep(settling.EVERY)
            ended = _deleted(client, planned, say)
        if ended not in {None, "DELETE_COMPLETE"}:
            reasons = "\n".join(dict.fromkeys(settling.failures(client, planned.stack_id)))
            advice = f"Remove the cause, then run this again. All events: {settling.events(planned.stack)}"
            raise Problem(f"{planned.stack} is {ended}.", advice, detail=reasons)
    if keep_data:
        return
    for each in planned.data:
        if each.kind == BUCKET:
            data.delete_bucket(session.client("s3"), each.physical, say)
        else:
            data.delete_table(session.client("dynamodb"), each.physical, say)


def _deleted(client: Any, planned: Plan, say: Say) -> str | None:
    client.delete_stack(StackName=planned.stack_id)
    return settling.settled(client, planned.stack_id, say)


def _bus_was_too_early(client: Any, planned: Plan) -> bool:
    """Whether nothing failed but the bus, which may see its rules for a moment after they were deleted.

    https://github.com/serverless/serverless/issues/8479, https://github.com/anomalyco/ion/issues/809
    """
    pages = client.get_paginator("list_stack_resources").paginate(StackName=planned.stack_id)
    failed = [
        (each["ResourceType"], "has rules" in each.get("ResourceStatusReason", ""))
        for page in pages
        for each in page["StackResourceSummaries"]
        if each.get("ResourceStatus") == "DELETE_FAILED"
    ]
    return bool(failed) and set(failed) == {(BUS, True)}
