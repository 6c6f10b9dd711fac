"""What is already in the account: the stack, and leftovers whose names a new stack would collide with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagebus_cli.stack import bus, names, settling
from imagebus_cli.stack.findings import Finding, Findings, Verdict
from imagebus_cli.stack.paging import every

if TYPE_CHECKING:
    import boto3

NEVER_DEPLOYED = "Its first deployment failed. Remove it: imagebus destroy --stack {stack}"
#: What to do about a stack that cannot be updated, by the end of its status.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
STUCK: Mapping[str, str] = {
    "UPDATE_ROLLBACK_FAILED": "Repeat it: aws cloudformation continue-update-rollback --stack-name {stack}",
    "IMPORT_ROLLBACK_FAILED": "See why: aws cloudformation describe-stack-events --stack-name {stack}",
    "ROLLBACK_COMPLETE": NEVER_DEPLOYED,
    "ROLLBACK_FAILED": NEVER_DEPLOYED,
    "CREATE_FAILED": NEVER_DEPLOYED,
    "DELETE_FAILED": "Finish the deletion: imagebus destroy --stack {stack} --keep-data",
    "_IN_PROGRESS": "Wait until it is done: aws cloudformation describe-stacks --stack-name {stack}",
}
#: These look like failures and can be updated; a stack in review is what a change set for a new stack leaves.
FINE = frozenset(
    {"UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_FAILED", "REVIEW_IN_PROGRESS"}
)

#: By type: service, operation, list in its answer, name in an item, argument with the prefix; the removal.
LISTED: Mapping[str, tuple[str, str, str, str, str, str]] = {
    "AWS::CloudWatch::Alarm": (
        *("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", "AlarmNamePrefix"),
        "aws cloudwatch delete-alarms --alarm-names {name}",
    ),
    "AWS::CloudWatch::Dashboard": (
        *("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName", "DashboardNamePrefix"),
        "aws cloudwatch delete-dashboards --dashboard-names {name}",
    ),
    "AWS::Events::Archive": (
        *bus.ARCHIVES,
        "aws events delete-archive --archive-name {name}",
    ),
    "AWS::Events::EventBus": (
        *bus.BUSES,
        "aws events delete-event-bus --name {name}",
    ),
    "AWS::Events::Rule": (
        *bus.RULES,
        "aws events remove-targets --rule {name} --ids inbox && aws events delete-rule --name {name}",
    ),
    "AWS::EventSchemas::Registry": (
        *("schemas", "list_registries", "Registries", "RegistryName", "RegistryNamePrefix"),
        "aws schemas delete-registry --registry-name {name}",
    ),
    "AWS::Logs::LogGroup": (
        *("logs", "describe_log_groups", "logGroups", "logGroupName", "logGroupNamePrefix"),
        "aws logs delete-log-group --log-group-name {name}",
    ),
    "AWS::SQS::Queue": (
        *("sqs", "list_queues", "QueueUrls", "", "QueueNamePrefix"),
        "aws sqs delete-queue --queue-url $(aws sqs get-queue-url --queue-name {name} --output text)",
    ),
    "AWS::SSM::Parameter": (
        *("ssm", "get_parameters_by_path", "Parameters", "Name", "Path"),
        "aws ssm delete-parameter --name {name}",
    ),
}
#: Tables and buckets have generated names, which begin with the stack's and the resource's.
KEPT = (
    "StatusTable",
    "LedgerTable",
    "ErasuresTable",
    "RecipesTable",
    "UploadsBucket",
    "ImagesBucket",
    "QuarantineBucket",
)


def state(session: boto3.Session, stack: str) -> tuple[Finding, Mapping[str, str] | None]:
    """The stack's state, and the parameters that it was deployed with; None if it is new."""
    client = session.client("cloudformation")
    status = settling.status(client, stack)
    if status is None:
        return Finding("stack", Verdict.OK, f"{stack} will be created"), None
    about = client.describe_stacks(StackName=stack)["Stacks"][0]
    values = {each["ParameterKey"]: each["ParameterValue"] for each in about.get("Parameters", [])}
    if status == "REVIEW_IN_PROGRESS":
        return Finding(
            "stack", Verdict.OK, f"{stack} will be created (a change set was never executed)"
        ), None
    advice = next((each for end, each in STUCK.items() if status.endswith(end)), None)
    if advice is None or status in FINE:
        return Finding("stack", Verdict.OK, f"{stack} will be updated; it is {status}"), values
    return Finding("stack", Verdict.BAD, f"{stack} is {status}", advice.format(stack=stack)), values


def leftovers(session: boto3.Session, stack: str, root: Path, values: Mapping[str, str]) -> list[Finding]:
    """What an earlier stack of this name left, and CloudFormation would refuse to create again."""
    findings = Findings()
    wanted: dict[str, set[str]] = {}
    for name in names.names(stack, session.region_name or "", root):
        wanted.setdefault(name.kind, set()).add(name.text)
    if values.get("SchemaRegistry") == "disabled":
        wanted.pop("AWS::EventSchemas::Registry", None)
    for kind, texts in sorted(wanted.items()):
        if kind not in LISTED:
            continue
        with findings.reading(f"{kind.rpartition('::')[2]} names"):
            for text in sorted(texts & set(_existing(session, kind, _prefix(stack, kind)))):
                what = f"{kind} {text} exists and belongs to no stack of this name"
                advice = "Remove it: " + LISTED[kind][-1].format(name=text)
                findings.append(Finding("leftover", Verdict.BAD, what, advice))
    with findings.reading("data of an earlier stack"):
        kept = list(_kept(session, stack))
        if kept:
            what = f"an earlier stack left {', '.join(kept)}; a new stack does not use them"
            advice = "To use them again, import them first: docs/operations.md, Bring data back."
            findings.append(Finding("data", Verdict.NOTE, what, advice))
    return findings or [Finding("leftovers", Verdict.OK, "no resource has a name that the stack would use")]


def _prefix(stack: str, kind: str) -> str:
    return {"AWS::Logs::LogGroup": f"/aws/lambda/{stack}/", "AWS::SSM::Parameter": f"/{stack}/"}.get(
        kind, stack
    )


def _existing(session: boto3.Session, kind: str, prefix: str) -> Iterable[str]:
    service, operation, items, key, argument, _ = LISTED[kind]
    client: Any = session.client(service)  # type: ignore[call-overload]
    for each in every(getattr(client, operation), items, **{argument: prefix}):
        yield each[key] if key else each.rpartition("/")[2]


def _kept(session: boto3.Session, stack: str) -> Iterable[str]:
    """Tables and buckets with names that CloudFormation generated for a stack of this name."""
    starts = tuple(f"{stack}-{each}-" for each in KEPT)
    for page in session.client("dynamodb").get_paginator("list_tables").paginate():
        yield from (name for name in page["TableNames"] if name.startswith(starts))
    lower = tuple(each.lower() for each in starts)
    for bucket in session.client("s3").list_buckets()["Buckets"]:
        if bucket["Name"].startswith(lower):
            yield bucket["Name"]
