"""Users who may do what docs/security.md says a command needs, and nothing else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3

from imagebus_cli.stack.deployed import Stack
from tests.e2e.harness import Pipeline

#: The principal in IAM's decisions (tests/e2e/decisions.py).
USER = "as-operator"
SECURITY = Path(__file__).parents[2] / "docs" / "security.md"
SECTION = "## What a command needs"
#: What every command needs.
ALWAYS = "cloudformation:DescribeStacks"

#: What a row of the table is about -> actions.
Needs = Mapping[str, Sequence[str]]


def documented(*commands: str) -> Needs:
    """The rows of the commands. `instead of` takes an action of an earlier row away."""
    needs: dict[str, list[str]] = {}
    names: list[str] = []
    found = set()
    table = SECURITY.read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    for line in table.splitlines():
        if not line.startswith("| "):
            continue
        command, on, actions = (cell.strip() for cell in line.strip("|").split("|"))
        names = re.findall("`(.+?)`", command) or names
        if not set(commands) & set(names):
            continue
        found |= set(names)
        allowed, _, replaced = (part for part in actions.partition(" instead of "))
        gone = re.findall(r"`(\w+:\w+)`", replaced)
        needs = {each: [action for action in its if action not in gone] for each, its in needs.items()}
        needs.setdefault(on, []).extend(re.findall(r"`(\w+:\w+)`", allowed))
    assert found >= set(commands), f"{SECURITY} has no row for {set(commands) - found}"
    return needs


@dataclass(frozen=True)
class Operator:
    """`allowed` are the user's actions, without those that every command needs."""

    pipeline: Pipeline
    allowed: frozenset[str]
    key_id: str
    secret: str = field(repr=False)

    @property
    def stack(self) -> Stack:
        target = self.pipeline.target
        session = boto3.Session(self.key_id, self.secret, region_name=target.region)
        return Stack(session, self.pipeline.outputs, target.endpoint)

    @property
    def options(self) -> tuple[str, ...]:
        """For the imagebus command, which then uses the credentials of `environment`."""
        return ("--stack", self.pipeline.target.stack)

    @property
    def environment(self) -> dict[str, str]:
        target = self.pipeline.target
        mine = {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret}
        endpoint = {"AWS_ENDPOINT_URL": target.endpoint} if target.endpoint else {}
        return {**os.environ, **mine, **endpoint, "AWS_REGION": target.region}


@contextmanager
def operator(pipeline: Pipeline, *commands: str, other_bucket: str = "") -> Iterator[Operator]:
    """`other_bucket` is the one that an import copies from."""
    needs, arns = documented(*commands), _arns(pipeline, other_bucket)
    statements = [_allow(actions, arns[on]) for on, actions in needs.items() if actions]
    (described,) = pipeline.client("cloudformation").describe_stacks(StackName=pipeline.target.stack)[
        "Stacks"
    ]
    statements.append(_allow([ALWAYS], [described["StackId"].rpartition("/")[0] + "/*"]))
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam = pipeline.client("iam")
    iam.create_user(UserName=USER)
    iam.put_user_policy(UserName=USER, PolicyName="needs", PolicyDocument=document)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    allowed = frozenset(action for actions in needs.values() for action in actions)
    try:
        yield Operator(pipeline, allowed, key["AccessKeyId"], key["SecretAccessKey"])
    finally:
        iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=USER, PolicyName="needs")
        iam.delete_user(UserName=USER)


def _allow(actions: Sequence[str], resources: Sequence[str]) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _arns(pipeline: Pipeline, other_bucket: str) -> dict[str, list[str]]:
    outputs, sqs, dynamodb = pipeline.outputs, pipeline.client("sqs"), pipeline.client("dynamodb")

    def table(name: str) -> str:
        arn: str = dynamodb.describe_table(TableName=outputs[name])["Table"]["TableArn"]
        return arn

    def inbox(stage: str) -> str:
        url = sqs.get_queue_url(QueueName=f"{pipeline.target.stack}_{stage}_inbox")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = found["Attributes"]["QueueArn"]
        return arn

    uploads, images, other = (
        f"arn:aws:s3:::{name}"
        for name in (outputs["UploadsBucketName"], outputs["ImagesBucketName"], other_bucket)
    )
    bus = pipeline.client("events").describe_event_bus(Name=outputs["EventBusName"])["Arn"]
    return {
        "status table": [table("StatusTableName")],
        "recipes table": [table("RecipesTableName")],
        "erasures table": [table("ErasuresTableName")],
        "event bus": [bus],
        "queue `STACK_ingest_inbox`": [inbox("ingest")],
        "queues `STACK_thumbnailer_inbox` and `STACK_watermarker_inbox`": [
            inbox("thumbnailer"),
            inbox("watermarker"),
        ],
        "uploads bucket and its objects": [uploads, f"{uploads}/*"],
        "objects of the uploads bucket": [f"{uploads}/*"],
        "images bucket": [images],
        "objects of the images bucket": [f"{images}/*"],
        "the other bucket and its objects": [other, f"{other}/*"],
    }
