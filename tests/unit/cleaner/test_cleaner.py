"""Derived images of an overwritten or deleted upload are removed; those of the current one are not."""

from __future__ import annotations

import json

import pytest

from cleaner import handler
from cleaner.handler import clean
from imagebus import consumer
from imagebus.identity import derived_prefix, revision
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.testing import InMemoryS3, InMemorySQS, ManualClock, sqs_record
from imagebus.testing.s3 import Bucket
from tests.unit.core.events import AnEvent, deleted, envelope, uploaded

REVISIONS = [revision(each) for each in ("1F", "1F05", "2")]


class Bench:
    def __init__(self) -> None:
        self.s3 = InMemoryS3({"images": Bucket()})
        objects = S3ObjectStore(self.s3)  # type: ignore[arg-type]
        self.inbox = Inbox(one_by_one(lambda d: clean(d, objects, "images")))
        for key in ("k.jpg", "folder/k.jpg"):
            for rev in REVISIONS:
                for name in ("thumbnails/1x1.png", "watermarked.png"):
                    self.s3.put_object(Bucket="images", Key=derived_prefix(key, rev) + name)

    def receive(self, event: AnEvent) -> None:
        assert self.inbox({"Records": [sqs_record(json.dumps(envelope(event)))]})["batchItemFailures"] == []

    def left(self, key: str) -> set[str]:
        prefix = derived_prefix(key)
        return {
            each[len(prefix) :].split("/")[0]
            for each in self.s3.buckets["images"].keys
            if each.startswith(prefix)
        }


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_upload_removes_what_older_revisions_gave(bench: Bench):
    bench.receive(uploaded("k.jpg", REVISIONS[1]))
    assert bench.left("k.jpg") == set(REVISIONS[1:])
    assert bench.left("folder/k.jpg") == set(REVISIONS)


def test_an_old_event_that_comes_late_removes_nothing_newer(bench: Bench):
    bench.receive(uploaded("k.jpg", REVISIONS[2]))
    bench.receive(uploaded("k.jpg", REVISIONS[0]))
    assert bench.left("k.jpg") == {REVISIONS[2]}


def test_a_deletion_removes_everything(bench: Bench):
    bench.receive(deleted("k.jpg", revision("3")))
    assert bench.left("k.jpg") == set()


def test_doing_it_twice_is_doing_it_once(bench: Bench):
    for _ in range(2):
        bench.receive(deleted("k.jpg", revision("3")))
    assert bench.left("folder/k.jpg") == set(REVISIONS)


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def test_the_schedule_empties_the_inbox_as_the_mapping_would(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    sqs = InMemorySQS(ManualClock())
    url = sqs.add_queue("inbox")
    monkeypatch.setenv("IMAGES_BUCKET", "images")
    monkeypatch.setenv("INBOX_ARN", sqs.queues[url].arn)
    monkeypatch.setenv("INBOX_URL", url)
    monkeypatch.setenv("DEAD_LETTER_URL", "memory://dead")
    monkeypatch.setenv("MAX_RECEIVE_COUNT", "5")
    monkeypatch.setattr(consumer, "client", {"sqs": sqs}.__getitem__)
    monkeypatch.setattr(handler, "client", {"s3": bench.s3}.__getitem__)
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps(envelope(deleted("k.jpg", revision("3")))))
    sqs.send_message(QueueUrl=url, MessageBody="no event")
    assert handler.handle({"detail-type": "Scheduled Event"}, Context()) == {"handled": 1, "failed": 1}
    assert bench.left("k.jpg") == set()
    assert [message.body for message in sqs.queues[url].messages] == ["no event"]
