"""Where an event of S3 was lost, verify says so, and retry has ingest look at S3 again."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from imagebus.erasures import Erasure
from imagebus.events import Event
from imagebus.history.fold import Item
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import revision, revision_after
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.projector import Projector
from imagebus.testing import ManualClock, RecordingBus, sqs_record
from imagebus_cli.operations.leftovers import Leftovers
from imagebus_cli.operations.retry import uploads
from imagebus_cli.operations.table import ScannedImage
from imagebus_cli.operations.verify import verify_all
from imagebus_cli.stack.deployed import Stack
from ingest.handler import ingest
from tests.unit.cli.test_images import known, run, stack
from tests.unit.core.events import recorded, uploaded
from tests.unit.history.test_retry import RecordingQueues

__all__ = ["stack"]

KEY = "a.jpg"
FIRST = revision("0A")


@pytest.fixture
def queues(stack: Stack) -> RecordingQueues:
    stack.outputs["InboxUrls"] = "queue://{stage}"  # type: ignore[index]
    stack.outputs["RequiredFacts"] = "ThumbnailsCreated"  # type: ignore[index]
    stack.__dict__["sqs"] = RecordingQueues()
    queues: RecordingQueues = stack.__dict__["sqs"]
    return queues


def put(stack: Stack, key: str = KEY, body: bytes = b"1") -> str:
    return stack.s3.put_object(Bucket="uploads", Key=key, Body=body)["VersionId"]


def delete(stack: Stack, **which: Any) -> str:
    return stack.s3.delete_object(Bucket="uploads", Key=KEY, **which).get("VersionId", "")


def a_lost_deletion(stack: Stack) -> Item:
    version = put(stack)
    delete(stack)
    return known(stack, KEY, status="failed", revision=FIRST, version_id=version)


def a_lost_removal(stack: Stack) -> Item:
    version = put(stack)
    delete(stack, VersionId=version)
    put(stack, f"{KEY}.another")
    return known(stack, KEY, revision=FIRST, version_id=version)


def a_lost_overwrite(stack: Stack) -> Item:
    version = put(stack)
    put(stack, body=b"22")
    return known(stack, KEY, revision=FIRST, version_id=version)


def a_lost_upload_after_a_deletion(stack: Stack) -> Item:
    put(stack)
    marker = delete(stack)
    put(stack, body=b"22")
    return known(stack, KEY, status="deleted", revision=FIRST, version_id=marker)


LOST = {
    a_lost_deletion: ("is no longer in S3", "ImageDeleted"),
    a_lost_removal: ("is no longer in S3", "ImageDeleted"),
    a_lost_overwrite: ("S3 shows another version", "ImageUploaded"),
    a_lost_upload_after_a_deletion: ("is in S3, but its status is deleted", "ImageUploaded"),
}


def announced(stack: Stack, body: str) -> Event[Any]:
    """What ingest publishes for the message."""
    bus, objects = RecordingBus(), S3ObjectStore(stack.s3)
    past: Any = SimpleNamespace(
        history=lambda _: [recorded(uploaded(KEY, FIRST))], erasures=SimpleNamespace(of=lambda _: Erasure())
    )
    inbox = Inbox(one_by_one(lambda d: ingest(d, bus, objects, lambda: past, ManualClock())))
    assert inbox({"Records": [sqs_record(body)]}) == {"batchItemFailures": []}
    (event,) = bus.events
    return event


@pytest.mark.parametrize("lose", LOST, ids=lambda lose: str(lose.__name__))
def test_verify_finds_it_and_retry_has_it_announced(
    stack: Stack, queues: RecordingQueues, lose: Callable[[Stack], Item]
):
    item, (why, announces) = lose(stack), LOST[lose]
    left = Leftovers(stack, objects=True)
    (found,) = filter(None, (check(ScannedImage(KEY, item, ())) for check in left.settling))
    assert (found.why, found.advice) == (why, f"imagebus retry {KEY}")
    done = json.loads(run("retry", KEY, "--json").stdout)
    assert done["items"][0]["retried"] == [{"event": "Object Deleted", "stages": ["ingest"]}]
    ((url, body),) = queues.sent
    event = announced(stack, body)
    assert (url, event.detail_type) == ("queue://ingest", announces)
    assert event.meta.revision == revision_after(FIRST)


def test_all_failed_includes_images_whose_deletion_was_lost(stack: Stack, queues: RecordingQueues):
    a_lost_deletion(stack)
    assert run("retry", "--all-failed").exit_code == 0
    assert [url for url, _ in queues.sent] == ["queue://ingest"]


def test_an_event_that_arrives_meanwhile_is_no_finding(stack: Stack):
    arrives = [put(stack), put(stack, body=b"22")]

    def arrive() -> None:
        number = len(stack.store.history(KEY)) + 1
        stack.store.append(recorded(uploaded(KEY, revision(f"0{number}"), version=arrives.pop(0))))
        Projector(stack.store, Required.parse(DEFAULT)).project(KEY)

    class Arriving(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            arrive()

    arrive()
    left = Leftovers(stack, objects=True)
    found = verify_all(
        list(stack.table.images()),
        stack.store,
        Required.parse(DEFAULT),
        Arriving(),
        left.checks,
        left.settling,
    )
    assert list(found) == [None]
    assert arrives == []


@pytest.mark.parametrize(
    ("lose", "finds"), [(a_lost_deletion, True), (a_lost_removal, False)], ids=["failed", "completed"]
)
def test_without_objects_only_failed_images_are_looked_up(
    stack: Stack, lose: Callable[[Stack], Item], finds: bool
):
    left = Leftovers(stack, objects=False)
    found = left.settling[0](ScannedImage(KEY, lose(stack), ()))
    assert bool(found) is finds


def test_what_names_no_version_is_compared_by_its_content(stack: Stack):
    put(stack)
    etag = stack.s3.head_object(Bucket="uploads", Key=KEY)["ETag"].strip('"')
    item = {"image_key": KEY, "status": "completed", "revision": FIRST}
    assert uploads(stack).why(item | {"etag": etag}) == ""
    assert uploads(stack).why(item) == ""
    assert uploads(stack).why(item | {"etag": "other"}) == "S3 shows another version"


def test_the_revision_after_an_upload_is_older_than_the_next_one():
    for one, two in (("1F", "1F05"), ("0055AED6DCD90281E5", "0055AED6DCD90281E6"), ("9F", "A0")):
        assert revision(one) < revision_after(revision(one)) < revision(two)
