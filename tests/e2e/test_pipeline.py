"""An upload passes through the whole pipeline, whatever its key, and is never mixed up with another."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from PIL import Image

from imagebus.events.catalog import parse
from imagebus.identity import derived_prefix
from tests.e2e.harness import Pipeline, eventually, jpeg

FACTS = {
    "ImageUploaded",
    "ImageValidated",
    "ThumbnailsCreated",
    "ImageWatermarked",
    "MetadataExtracted",
    "LabelsDetected",
    "ImageProcessed",
}


def test_an_upload_produces_exactly_the_events_of_the_catalog(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    item = pipeline.wait(key, "completed")
    log = pipeline.log(key)
    assert {event.detail_type for event in log} == FACTS
    assert len(log) == len(FACTS)
    delivered = eventually(
        lambda: seen if len(seen := pipeline.delivered(key)) >= len(FACTS) else None,
        within=10,
        what="a subscriber of everything has everything",
    )
    assert {event["detail-type"] for event in delivered} == FACTS
    for event in delivered:
        parse(event["detail-type"], event["detail"])
    assert item["outstanding"] == []
    assert [thumbnail["name"] for thumbnail in item["thumbnails"]] == [
        "100x100",
        "320x320",
        "640x480",
        "1280x1280",
    ]


def test_the_causes_form_a_tree_rooted_in_the_upload(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    log = {event.event_id: event for event in pipeline.log(key)}
    (root,) = [event for event in log.values() if "causation_id" not in event.meta]
    assert root.detail_type == "ImageUploaded"
    for event in log.values():
        assert event.meta["correlation_id"] == root.event_id
        ancestor, steps = event, 0
        while "causation_id" in ancestor.meta:
            ancestor, steps = log[ancestor.meta["causation_id"]], steps + 1
            assert steps < len(log)
        assert ancestor is root


def test_every_event_pins_the_version_that_was_uploaded(pipeline: Pipeline) -> None:
    s3, bucket = pipeline.client("s3"), pipeline.outputs["UploadsBucketName"]
    key = pipeline.key()
    version = s3.put_object(Bucket=bucket, Key=key, Body=jpeg())["VersionId"]
    pipeline.wait(key, "completed")
    assert {event.meta.get("version_id") for event in pipeline.log(key)} == {version}


def test_the_archive_holds_what_the_log_holds(pipeline: Pipeline) -> None:
    """Read by replaying the archive to a queue of our own."""
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    logged = {event.event_id for event in pipeline.log(key)}
    replayed = {event["detail"]["meta"]["event_id"] for event in replay_to_queue(pipeline, key, len(logged))}
    assert replayed == logged


def replay_to_queue(pipeline: Pipeline, key: str, expected: int) -> list[dict[str, Any]]:
    sqs, events = pipeline.client("sqs"), pipeline.client("events")
    name = key.split("/")[1]
    bus = pipeline.outputs["EventBusName"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = pipeline.allow_sending(url, "events.amazonaws.com")
    rule = events.put_rule(
        Name=name, EventBusName=bus, EventPattern=json.dumps({"replay-name": [{"exists": True}]})
    )["RuleArn"]
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    pipeline.wait_archived()
    archive = events.describe_archive(ArchiveName=pipeline.outputs["ArchiveName"])
    uploaded = pipeline.log(key)[0].occurred_at
    events.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=uploaded[:19] + "Z",
        EventEndTime="2099-01-01T00:00:00Z",
        Destination={"Arn": archive["EventSourceArn"], "FilterArns": [rule]},
    )
    found: dict[str, dict[str, Any]] = {}

    def look() -> bool:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in messages.get("Messages", []):
            event = json.loads(message["Body"])
            if event["detail"]["meta"].get("image_key") == key:
                found[event["detail"]["meta"]["event_id"]] = event
        return len(found) >= expected

    try:
        eventually(look, within=30, what="the replay brings every event")
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)
    return list(found.values())


def test_an_event_with_an_encoded_key_is_about_the_object_that_exists(pipeline: Pipeline) -> None:
    """AWS does not document which form of the key S3 sends. The encoded one must not make a second image."""
    key, bucket = pipeline.key("a+b c%2Bd é.jpg"), pipeline.outputs["UploadsBucketName"]
    uploaded = pipeline.client("s3").put_object(Bucket=bucket, Key=key, Body=jpeg())
    first = pipeline.wait(key, "completed")["revision"]
    item = {
        "key": quote_plus(key, safe="/"),
        "size": 1,
        "etag": uploaded["ETag"].strip('"'),
        "version-id": uploaded["VersionId"],
        "sequencer": "F" * 16,
    }
    event = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": item, "reason": "PutObject"},
    }
    queue = pipeline.resource("IngestInbox")
    pipeline.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))
    pipeline.wait(key, "completed", after=first)
    assert pipeline.status(item["key"]) == {}


def test_the_same_name_in_two_folders_is_two_images(pipeline: Pipeline) -> None:
    first = pipeline.upload(pipeline.key("one/photo.jpg"), jpeg("red"))
    second = pipeline.upload(pipeline.key("two/photo.jpg"), jpeg("blue"))
    items = [pipeline.wait(key, "completed") for key in (first, second)]
    keys = [{thumbnail["key"] for thumbnail in item["thumbnails"]} for item in items]
    assert not keys[0] & keys[1]
    assert corner(pipeline, items[0])[0] > 200 > corner(pipeline, items[0])[2]
    assert corner(pipeline, items[1])[2] > 200 > corner(pipeline, items[1])[0]


def corner(pipeline: Pipeline, item: dict[str, Any]) -> tuple[int, int, int]:
    """The colour near the upper left corner of the largest thumbnail."""
    thumbnail = item["thumbnails"][-1]
    picture = Image.open(io.BytesIO(pipeline.read(thumbnail["bucket"], thumbnail["key"]))).convert("RGB")
    pixel = picture.getpixel((20, 20))
    assert isinstance(pixel, tuple)
    return int(pixel[0]), int(pixel[1]), int(pixel[2])


@pytest.mark.parametrize("pause", [0, 0.1, 0.3])
def test_an_overwrite_while_the_first_is_processed_ends_with_the_second(
    pipeline: Pipeline, pause: float
) -> None:
    key = pipeline.upload(pipeline.key(), jpeg("red", (4000, 3000)))
    if pause:
        eventually(lambda: pipeline.status(key), within=30, what="the first is in the works")
    pipeline.upload(key, jpeg("blue", (640, 480)))

    def second() -> bool:
        item = pipeline.status(key)
        return (item.get("status"), item.get("width"), item.get("height")) == ("completed", 640, 480)

    eventually(second, within=60, what="the second is completed")
    pipeline.settled()
    item = pipeline.status(key)
    assert corner(pipeline, item)[2] > 200
    assert (item["status"], item["width"], item["height"]) == ("completed", 640, 480)
    prefix = derived_prefix(key)
    eventually(
        lambda: (
            {name[len(prefix) :].split("/")[0] for name in pipeline.derived(prefix)} == {item["revision"]}
        ),
        within=30,
        what="nothing of the first upload is left",
    )


def test_a_deletion_marks_the_image_and_removes_what_was_derived(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    assert pipeline.derived(derived_prefix(key))
    pipeline.delete(key)
    pipeline.wait(key, "deleted")
    eventually(lambda: not pipeline.derived(derived_prefix(key)), within=30, what="no derived image")


def test_a_deletion_in_flight_leaves_nothing_behind(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg(size=(4000, 3000)))
    pipeline.delete(key)
    pipeline.wait(key, "deleted")
    pipeline.settled()
    assert pipeline.status(key)["status"] == "deleted"
    assert not pipeline.derived(derived_prefix(key))


def test_removing_an_old_version_is_not_a_deletion(pipeline: Pipeline) -> None:
    s3, bucket = pipeline.client("s3"), pipeline.outputs["UploadsBucketName"]
    key = pipeline.upload(pipeline.key(), jpeg("red"))
    first = pipeline.wait(key, "completed")["revision"]
    pipeline.upload(key, jpeg("blue"))
    pipeline.wait(key, "completed", after=first)
    versions = s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]
    (old,) = [version["VersionId"] for version in versions if not version["IsLatest"]]
    s3.delete_object(Bucket=bucket, Key=key, VersionId=old)
    pipeline.settled()
    assert pipeline.status(key)["status"] == "completed"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"this is no image\n" * 50, "unsupported_format"),
        ("cut.jpg", jpeg()[:300], "corrupt"),
    ],
)
def test_what_is_no_image_is_rejected_with_a_code(
    pipeline: Pipeline, name: str, body: bytes, code: str
) -> None:
    key = pipeline.upload(pipeline.key(name), body)
    item = pipeline.wait(key)
    assert (item["status"], item["reason"]) == ("rejected", code)
    (told,) = pipeline.wait_notifications(key)
    assert told.attributes == {"status": "rejected", "event": "ImageRejected", "format": "unknown"}
    assert code in told.body["text"]
    assert {event.detail_type for event in pipeline.log(key)} == {"ImageUploaded", "ImageRejected"}


def test_the_notification_is_for_people_and_for_machines(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key("été.jpg"), jpeg())
    (told,) = pipeline.wait_notifications(key, within=60)
    assert told.attributes == {"status": "completed", "event": "ImageProcessed", "format": "JPEG"}
    assert told.subject.isascii()
    assert len(told.subject) <= 100
    assert key in told.body["text"]
    parse(told.body["event"]["detail-type"], told.body["event"]["detail"])


def test_the_same_s3_event_twice_is_one_image_and_one_notification(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    pipeline.wait_notifications(key)
    pipeline.settled()
    before = pipeline.status(key)
    uploaded = next(event for event in pipeline.log(key) if event.detail_type == "ImageUploaded")
    envelope = {
        "version": "0",
        "id": "00000000-0000-0000-0000-000000000000",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "time": uploaded.detail["data"]["uploaded_at"],
        "detail": {
            "bucket": {"name": uploaded.detail["data"]["bucket"]},
            "object": {
                "key": key,
                "size": uploaded.detail["data"]["size"],
                "etag": uploaded.detail["data"]["etag"],
                "sequencer": uploaded.revision,
            },
            "reason": "PutObject",
        },
    }
    send(pipeline, "IngestInbox", envelope)
    pipeline.settled()
    assert pipeline.status(key) == before
    assert len(pipeline.log(key)) == len(FACTS)
    assert len(pipeline.notifications(key)) == 1


def test_every_inbox_message_twice_is_one_image_and_one_notification(pipeline: Pipeline) -> None:
    key = pipeline.upload(pipeline.key(), jpeg())
    pipeline.wait(key, "completed")
    pipeline.wait_notifications(key)
    pipeline.settled()
    before = pipeline.status(key)
    listeners = {
        "ImageUploaded": ["ValidatorInbox", "CleanerInbox"],
        "ImageValidated": ["ThumbnailerInbox", "WatermarkerInbox", "MetadataInbox", "LabelsInbox"],
        "ImageProcessed": ["NotifierInbox"],
    }
    for event in pipeline.delivered(key):
        for inbox in ["RecorderInbox", *listeners.get(event["detail-type"], [])]:
            send(pipeline, inbox, event)
    pipeline.settled()
    assert pipeline.status(key) == before
    assert len(pipeline.log(key)) == len(FACTS)
    assert len(pipeline.notifications(key)) == 1


def send(pipeline: Pipeline, inbox: str, envelope: dict[str, Any]) -> None:
    pipeline.client("sqs").send_message(
        QueueUrl=pipeline.resource(inbox), MessageBody=json.dumps(envelope, ensure_ascii=False)
    )


def test_writing_a_derived_image_triggers_nothing(pipeline: Pipeline) -> None:
    s3 = pipeline.client("s3")
    for output in ("ImagesBucketName", "QuarantineBucketName"):
        configured = s3.get_bucket_notification_configuration(Bucket=pipeline.outputs[output])
        assert not set(configured) - {"ResponseMetadata"}
