"""What keeps failing ends as a fact that says so, and can be brought to a good end later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

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
    failed = next(event for event in pipeline.log(key) if event.detail_type == "ProcessingFailed")
    assert "AccessDenied" in failed.detail["data"]["message"]
    assert failed.detail["data"]["attempts"] == int(pipeline.parameter("MaxReceiveCount"))
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
    item = pipeline.wait(key, "completed")
    assert item["outstanding"] == []
    pipeline.wait_notifications(key, 2)
    pipeline.settled()
    statuses = [told.attributes["status"] for told in pipeline.notifications(key)]
    assert statuses == ["failed", "completed"]
    assert not any(pipeline.dead_letters().values())


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
