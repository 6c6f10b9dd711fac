"""What stays when a stack is gone, and how to remove each or bring the data back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from imagebus_cli.output.text import hint
from imagebus_cli.stack import removal, settling
from imagebus_cli.stack.key import stack_name

if TYPE_CHECKING:
    import boto3

#: CloudFormation knows a resource that it imports by this property.
IDENTIFIER = {removal.BUCKET: "BucketName", removal.TABLE: "TableName"}


@dataclass(frozen=True)
class Remains:
    """`command` removes it; empty if nothing can."""

    what: str
    command: str

    def __str__(self) -> str:
        return f"{self.what} stays: {self.command}" if self.command else f"{self.what} stays"


def remains(session: boto3.Session, plan: removal.Plan, *, keep_data: bool) -> Iterator[Remains]:
    """Looks at what is there, so that nothing is named that is gone."""
    if keep_data:
        for each in plan.data:
            what = "bucket" if each.kind == removal.BUCKET else "table"
            yield Remains(f"the {what} {each.physical}", hint(f"imagebus destroy --stack {plan.stack}"))
    else:
        yield from _backups(session, plan)
    yield from _layers(session, plan)
    logs = session.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"/aws/lambda/{plan.stack}/"
    ):
        for group in page["logGroups"]:
            name = group["logGroupName"]
            yield Remains(f"the log group {name}", f"aws logs delete-log-group --log-group-name {name}")
    yield from _code(session, plan.stack)
    yield from _key(session, plan)


def _backups(session: boto3.Session, plan: removal.Plan) -> Iterator[Remains]:
    """Backups of the deleted tables. DynamoDB makes one of a table that had point-in-time recovery.

    It is called TABLE$DeletedTableBackup, costs nothing, and goes by itself after 35 days.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
    """
    pages = session.client("dynamodb").get_paginator("list_backups")
    for table in plan.data:
        if table.kind != removal.TABLE:
            continue
        try:
            found = pages.paginate(TableName=table.physical, BackupType="ALL").build_full_result()
        except ClientError as error:
            what = f"perhaps a backup of {table.physical}, for 35 days (not checked: {error})"
            yield Remains(what, "")
            continue
        for each in found["BackupSummaries"]:
            if each["BackupStatus"] == "DELETED":
                continue
            name, expires = each["BackupName"], each.get("BackupExpiryDateTime")
            if each["BackupType"] == "SYSTEM":
                until = f"until {expires:%Y-%m-%d}" if expires else "for 35 days"
                yield Remains(f"the backup {name} of all items, {until},", "")
            else:
                command = f"aws dynamodb delete-backup --backup-arn {each['BackupArn']}"
                yield Remains(f"the backup {name} of {table.physical}", command)


def _layers(session: boto3.Session, plan: removal.Plan) -> Iterator[Remains]:
    """Old versions of the core layer, which other consumers' stacks may name."""
    names = {each.physical.rsplit(":", 1)[0] for each in plan.of(removal.LAYER)}
    for name in sorted(names):
        for page in session.client("lambda").get_paginator("list_layer_versions").paginate(LayerName=name):
            for version in page["LayerVersions"]:
                number = version["Version"]
                command = f"aws lambda delete-layer-version --layer-name {name} --version-number {number}"
                yield Remains(f"version {number} of the layer {name.rpartition(':')[2]}", command)


def _code(session: boto3.Session, stack: str) -> Iterator[Remains]:
    """What the SAM CLI uploaded, in a bucket that it shares with all applications of the region."""
    client = session.client("cloudformation")
    with suppress(ClientError):
        about = client.describe_stacks(StackName="aws-sam-cli-managed-default")["Stacks"][0]
        for output in about.get("Outputs", []):
            if output["OutputKey"] == "SourceBucket":
                place = f"s3://{output['OutputValue']}/{stack}/"
                yield Remains(f"the uploaded code in {place}", f"aws s3 rm --recursive {place}")


def _key(session: boto3.Session, plan: removal.Plan) -> Iterator[Remains]:
    name = stack_name(plan.stack)
    if settling.status(session.client("cloudformation"), name) is not None:
        command = f"aws cloudformation delete-stack --stack-name {name}"
        yield Remains(
            f"the stack {name}", f"{command} (the key itself stays until you schedule its deletion)"
        )
    if plan.key:
        command = (
            f"aws kms schedule-key-deletion --key-id {plan.key} (only if nothing else is encrypted with it)"
        )
        yield Remains(f"the key {plan.key}", command)


def write_import(session: boto3.Session, plan: removal.Plan, folder: Path) -> list[str]:
    """Write what CloudFormation needs to import the data into a new stack, and return the commands.

    The properties are those of the deployed template: the next deployment changes what differs.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
    """
    kept = {each.name: each for each in plan.data}
    client: Any = session.client("cloudformation")
    answer = client.get_template(StackName=plan.stack_id, TemplateStage="Processed")["TemplateBody"]
    whole = json.loads(answer) if isinstance(answer, str) else answer
    stack = client.describe_stacks(StackName=plan.stack_id)["Stacks"][0]
    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    template = {
        "Parameters": {
            name: {**about, "Default": values.get(name, about.get("Default", ""))}
            for name, about in whole.get("Parameters", {}).items()
        },
        "Conditions": whole.get("Conditions", {}),
        "Resources": {
            name: {**whole["Resources"][name], "DeletionPolicy": "Retain"}
            for name in kept
            if name in whole["Resources"]
        },
    }
    wanted = [
        {
            "ResourceType": each.kind,
            "LogicalResourceId": name,
            "ResourceIdentifier": {IDENTIFIER[each.kind]: each.physical},
        }
        for name, each in kept.items()
    ]
    body, resources = (
        folder / f"{plan.stack}-data.template.json",
        folder / f"{plan.stack}-data.resources.json",
    )
    body.write_text(json.dumps(template, indent=1) + "\n", encoding="utf-8")
    resources.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
    import_set = f"--stack-name {plan.stack} --change-set-name data"
    files = f"--resources-to-import file://{resources.name} --template-body file://{body.name}"
    return [
        "To bring the data back into a new stack of this name:",
        f"  aws cloudformation create-change-set {import_set} --change-set-type IMPORT {files}",
        f"  aws cloudformation wait change-set-create-complete {import_set}",
        f"  aws cloudformation execute-change-set {import_set}",
        f"  aws cloudformation wait stack-import-complete --stack-name {plan.stack}",
        hint(f"  imagebus deploy --stack {plan.stack}"),
    ]
