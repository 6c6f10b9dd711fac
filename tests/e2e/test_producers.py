"""No service can publish for another: a role may put only events of its own source on the bus.

Nor can the validator decide which recipes are active.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.e2e.harness import Pipeline, jpeg

pytestmark = pytest.mark.embedded("it creates IAM users")

PRODUCERS = {
    "IngestRole": ("imagebus.ingest", "ImageUploaded"),
    "ValidatorRole": ("imagebus.validator", "ImageValidated"),
    "ThumbnailerRole": ("imagebus.thumbnailer", "ThumbnailsCreated"),
    "WatermarkerRole": ("imagebus.watermarker", "ImageWatermarked"),
    "MetadataRole": ("imagebus.analyzer", "MetadataExtracted"),
    "LabelsRole": ("imagebus.analyzer", "LabelsDetected"),
    "RecorderRole": ("imagebus.recorder", "ImageProcessed"),
    "SweeperRole": ("imagebus.recorder", "ProcessingStalled"),
    "FailuresRole": ("imagebus.failures", "ProcessingFailed"),
}
SILENT = ("NotifierRole", "CleanerRole")


@contextmanager
def acting_as(pipeline: Pipeline, role: str, service: str = "events") -> Iterator[Any]:
    """A client whose user has the policies of the role, and nothing else."""
    iam, name = pipeline.client("iam"), pipeline.resource(role)
    user = f"as-{role}"
    iam.create_user(UserName=user)
    policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
    for policy in policies:
        document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        iam.put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=json.dumps(document))
    managed = [
        each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    ]
    for arn in managed:
        iam.attach_user_policy(UserName=user, PolicyArn=arn)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=pipeline.target.region)
    try:
        yield session.client(service, endpoint_url=pipeline.target.endpoint)  # type: ignore[call-overload]
    finally:
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        for arn in managed:
            iam.detach_user_policy(UserName=user, PolicyArn=arn)
        for policy in policies:
            iam.delete_user_policy(UserName=user, PolicyName=policy)
        iam.delete_user(UserName=user)


def put(
    events: Any, pipeline: Pipeline, *sources: str, detail_type: str, detail: Mapping[str, Any] | None = None
) -> None:
    bus = pipeline.outputs["EventBusName"]
    events.put_events(
        Entries=[
            {
                "EventBusName": bus,
                "Source": source,
                "DetailType": detail_type,
                "Detail": json.dumps(detail or {}),
            }
            for source in sources
        ]
    )


@pytest.mark.parametrize("role", sorted(PRODUCERS))
def test_a_producer_speaks_for_itself_alone(pipeline: Pipeline, role: str) -> None:
    own, detail_type = PRODUCERS[role]
    others = [*sorted({source for source, _ in PRODUCERS.values()} - {own}), "aws.s3", "my.own", own + ".x"]
    with acting_as(pipeline, role) as events:
        for other in others:
            with pytest.raises(ClientError, match="AccessDenied"):
                put(events, pipeline, other, detail_type=detail_type)
        with pytest.raises(ClientError, match="AccessDenied"):
            put(events, pipeline, own, others[0], detail_type=detail_type)


def test_the_thumbnailer_cannot_announce_an_image(pipeline: Pipeline) -> None:
    with (
        acting_as(pipeline, "ThumbnailerRole") as events,
        pytest.raises(ClientError, match="AccessDenied"),
    ):
        put(events, pipeline, "imagebus.recorder", detail_type="ImageProcessed")


@pytest.mark.parametrize("role", SILENT)
def test_who_only_listens_cannot_speak(pipeline: Pipeline, role: str) -> None:
    with acting_as(pipeline, role) as events, pytest.raises(ClientError, match="AccessDenied"):
        put(events, pipeline, "imagebus.recorder", detail_type="ImageProcessed")


@pytest.mark.parametrize("item", ["active", "candidate", "set/0123456789ab", "promotion/000001"])
def test_the_validator_cannot_promote_a_recipe(pipeline: Pipeline, item: str) -> None:
    """It decodes what strangers upload. All it may write is the recipe of the stack's parameters."""
    table = pipeline.resource("RecipesTable")
    with acting_as(pipeline, "ValidatorRole", "dynamodb") as dynamodb:
        key = {"id": {"S": "recipe/probe"}}
        dynamodb.put_item(TableName=table, Item={**key, "definition": {"S": "{}"}})
        with pytest.raises(ClientError, match="AccessDenied"):
            dynamodb.put_item(TableName=table, Item={"id": {"S": item}})
    pipeline.client("dynamodb").delete_item(TableName=table, Key=key)


def test_a_producer_may_put_what_is_its_own(pipeline: Pipeline) -> None:
    """The same fact again: a duplicate that changes nothing."""
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    pipeline.settled()
    before = pipeline.status(key)
    fact = next(event for event in pipeline.log(key) if event.detail_type == "ThumbnailsCreated")
    with acting_as(pipeline, "ThumbnailerRole") as events:
        put(events, pipeline, fact.source, detail_type=fact.detail_type, detail=fact.detail)
    pipeline.settled()
    assert pipeline.status(key) == before
