"""What keeps failing ends as a ProcessingFailed, and completes when it is retried after a fix."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from imagebus.store import RecordedEvent
from tests.e2e import roles
from tests.e2e.harness import Pipeline, eventually, jpeg


@contextmanager
def without_permission(pipeline: Pipeline, role: str, sid: str) -> Iterator[None]:
    """Takes one statement away from a role."""
    with roles.without(
        pipeline.client("iam"),
        pipeline.resource(role),
        lambda statement: [] if statement["Sid"] == sid else [statement],
    ):
        yield


def failure(pipeline: Pipeline, key: str) -> RecordedEvent:
    return next(event for event in pipeline.log(key) if event.detail_type == "ProcessingFailed")


def publish_again(pipeline: Pipeline, failed: RecordedEvent) -> None:
    """Publishes the event that a stage could not handle once more."""
    again = failed.detail["data"]["failed_event"]
    pipeline.client("events").put_events(
        Entries=[
            {
                "EventBusName": pipeline.outputs["EventBusName"],
                "Source": again["source"],
                "DetailType": again["detail-type"],
                "Detail": json.dumps(again["detail"]),
            }
        ]
    )


@pytest.mark.embedded("it takes permissions away")
def test_a_stage_that_may_not_write_fails_by_name_and_completes_when_it_may_again(pipeline: Pipeline) -> None:
    key = pipeline.key("unwritable.jpg")
    with without_permission(pipeline, "ThumbnailerRole", "WriteDerived"):
        pipeline.upload(key, jpeg())
        item = pipeline.wait(key, "failed", within=120)
        assert item["reason"].startswith("thumbnailer: ")
        assert item["outstanding"] == ["ThumbnailsCreated"]
        (told,) = pipeline.wait_notifications(key)
        assert told.attributes["status"] == "failed"
        assert "thumbnailer" in told.subject
        assert key in told.body["text"]
    failed = failure(pipeline, key)
    assert "AccessDenied" in failed.detail["data"]["message"]
    assert failed.detail["data"]["attempts"] == int(pipeline.parameter("MaxReceiveCount"))
    publish_again(pipeline, failed)
    item = pipeline.wait(key, "completed")
    assert item["outstanding"] == []
    pipeline.wait_notifications(key, 2)
    pipeline.settled()
    statuses = [told.attributes["status"] for told in pipeline.notifications(key)]
    assert statuses == ["failed", "completed"]
    pipeline.wait_no_dead_letters()


@contextmanager
def closed(pipeline: Pipeline, stage: str) -> Iterator[None]:
    """The stage's inbox without its policy, so that no rule may send to it."""
    sqs, url = pipeline.client("sqs"), pipeline.resource(f"{stage}Inbox")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


@contextmanager
def deleted(pipeline: Pipeline, stage: str) -> Iterator[None]:
    """The stage's rule as if its inbox had been deleted: it sends to a queue that does not exist."""
    events, name = pipeline.client("events"), pipeline.resource(f"{stage}Rule").rsplit("|", 1)[-1]
    rule = {"Rule": name.rsplit("/", 1)[-1], "EventBusName": pipeline.outputs["EventBusName"]}
    (target,) = events.list_targets_by_rule(**rule)["Targets"]
    events.put_targets(**rule, Targets=[{**target, "Arn": f"{target['Arn']}-deleted"}])
    try:
        yield
    finally:
        events.put_targets(**rule, Targets=[target])


@pytest.mark.embedded("it breaks the delivery of events")
@pytest.mark.parametrize(
    ("stage", "unreachable", "code"),
    [("Watermarker", closed, "NO_PERMISSIONS"), ("Metadata", deleted, "NO_RESOURCE")],
)
def test_an_event_that_cannot_reach_an_inbox_fails_for_its_stage_and_completes_later(
    pipeline: Pipeline,
    stage: str,
    unreachable: Callable[[Pipeline, str], AbstractContextManager[None]],
    code: str,
) -> None:
    with unreachable(pipeline, stage):
        key = pipeline.upload(pipeline.key("undelivered.jpg"), jpeg())
        item = pipeline.wait(key, "failed", within=120)
    failed = failure(pipeline, key)
    assert item["reason"].startswith(f"{stage.lower()}: ")
    assert failed.detail["data"]["stage"] == stage.lower()
    assert failed.detail["data"]["error_type"] == code
    assert failed.detail["data"]["attempts"] == 1
    assert failed.detail["data"]["failed_event"]["detail-type"] == "ImageValidated"
    publish_again(pipeline, failed)
    assert pipeline.wait(key, "completed")["outstanding"] == []
    pipeline.settled()
    pipeline.wait_no_dead_letters()


@pytest.mark.embedded("it breaks the delivery of events")
def test_an_upload_that_cannot_reach_ingest_is_a_failure_of_that_image(pipeline: Pipeline) -> None:
    with closed(pipeline, "Ingest"):
        key = pipeline.upload(pipeline.key("undelivered.jpg"), jpeg())
        pipeline.wait(key, "failed", within=60)
    data = failure(pipeline, key).detail["data"]
    assert (data["stage"], data["error_type"]) == ("ingest", "NO_PERMISSIONS")
    assert data["failed_event"]["detail"]["object"]["key"] == key


def test_a_message_that_is_no_event_is_kept_in_quarantine(pipeline: Pipeline) -> None:
    s3, bucket = pipeline.client("s3"), pipeline.outputs["QuarantineBucketName"]
    body = "neither JSON nor an event: \u2603"
    pipeline.client("sqs").send_message(QueueUrl=pipeline.resource("ValidatorInbox"), MessageBody=body)

    def look() -> bool:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            kept = json.loads(pipeline.read(bucket, item["Key"]))
            if kept["body"] == body:
                return bool(kept["stage"] == "validator")
        return False

    eventually(look, within=120, what="the message is in quarantine")
