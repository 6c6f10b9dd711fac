"""tagger, tested with the pipeline's golden events: examples of what the bus delivers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from tagger import handler
from tagger.tags import PROCESSED_AT, REVISION, merge

from imagebus import aws
from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import sqs_record
from imagebus.testing.consumer import ConsumerKit

EVENTS = {
    path.stem: json.loads(path.read_text("utf-8")) for path in (Path(__file__).parent / "events").iterdir()
}
BUCKET = "uploads"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("UPLOADS_BUCKET", BUCKET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    aws.client.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    aws.client.cache_clear()


def delivered(envelope: dict[str, Any]) -> dict[str, Any]:
    """The function's response to this event from its inbox."""
    return Inbox(one_by_one(handler.receive))({"Records": [sqs_record(json.dumps(envelope))]})


def event(name: str, **meta: str) -> dict[str, Any]:
    """A golden event of an object without versions."""
    envelope: dict[str, Any] = json.loads(json.dumps(EVENTS[name]))
    envelope["detail"]["meta"].pop("version_id", None)
    envelope["detail"]["meta"] |= meta
    return envelope


def tags(s3: Any, key: str, **version: str) -> dict[str, str]:
    return {
        tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=BUCKET, Key=key, **version)["TagSet"]
    }


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize("name", EVENTS)
def test_every_event_that_the_rule_lets_through_is_handled(name: str) -> None:
    """The object no longer exists, which is not a failure."""
    assert delivered(EVENTS[name]) == {"batchItemFailures": []}


def test_an_event_that_was_not_subscribed_to_is_refused() -> None:
    stranger = {"source": "somebody.else", "detail-type": "SomethingElse", "detail": {}}
    assert delivered(stranger) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_a_processed_image_is_tagged_and_other_tags_stay(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="people/wedding 2.jpg", Body=b"", Tagging="team=photo")
    delivered(event("ImageProcessed--top-label"))
    assert tags(s3, "people/wedding 2.jpg") == {
        "team": "photo",
        "imagebus-revision": "0066A1B2C3D4E8000000000000000000",
        "imagebus-status": "completed",
        "imagebus-processed-at": "2026-11-21T12:15:30.401Z",
        "imagebus-format": "JPEG",
        "imagebus-top-label": "Person",
    }


def test_a_rejected_image_is_tagged_with_the_reason(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="inbox/readme.txt", Body=b"")
    delivered(event("ImageRejected--no-limit"))
    found = tags(s3, "inbox/readme.txt")
    assert (found["imagebus-status"], found["imagebus-reason"]) == ("rejected", "unsupported_format")


def test_the_version_that_was_processed_is_tagged_and_not_a_newer_one(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"1")["VersionId"]
    s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"2")
    delivered(event("ImageProcessed", image_key="a.jpg", version_id=old))
    assert tags(s3, "a.jpg", VersionId=old)["imagebus-status"] == "completed"
    assert tags(s3, "a.jpg") == {}


def test_an_outcome_of_an_older_upload_that_comes_late_changes_nothing(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"")
    delivered(event("ImageProcessed", image_key="a.jpg", revision="F" * 32))
    newest = tags(s3, "a.jpg")
    delivered(event("ImageRejected", image_key="a.jpg", revision="E" * 32))
    assert tags(s3, "a.jpg") == newest


def test_an_outcome_that_was_announced_twice_is_tagged_alike_in_either_order(s3: Any) -> None:
    first, second = "2026-11-21T12:00:00.100Z", "2026-11-21T12:00:00.700Z"
    for number, times in enumerate([(first, second), (second, first), (first, first)]):
        key = f"{number}.jpg"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
        for occurred_at in times:
            delivered(event("ImageProcessed", image_key=key, occurred_at=occurred_at))
        assert tags(s3, key)[PROCESSED_AT] == first


def test_nothing_is_written_twice() -> None:
    ours = {REVISION: "2", PROCESSED_AT: "1", "imagebus-status": "completed"}
    assert merge({**ours, "team": "photo"}, ours) is None


def test_ten_tags_are_never_exceeded_and_nobody_elses_is_lost() -> None:
    others = {f"tag-{number}": "x" for number in range(8)}
    ours = {REVISION: "2", PROCESSED_AT: "1", "imagebus-status": "completed"}
    assert merge(others, ours) == {**others, REVISION: "2", PROCESSED_AT: "1"}


def test_no_order_duplicate_replay_or_poison_changes_the_tags(consumer_kit: ConsumerKit) -> None:
    """The bucket is the pipeline's, so it is a parameter, and not declared in the template."""
    consumer_kit.check(handler.handle, prepare=lambda world: world.add_originals("UploadsBucketName"))
