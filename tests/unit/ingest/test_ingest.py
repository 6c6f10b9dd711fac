"""S3's events become our facts, with the key unchanged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imagebus.identity import revision
from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import InMemoryS3, ManualClock, RecordingBus, sqs_record
from imagebus.testing.s3 import Bucket
from ingest.handler import ingest

KEYS = [
    "a/b.jpg",
    "a+b.jpg",
    "a%2Bb.jpg",
    "a b.jpg",
    " (1).jpg",
    "é.jpg",
    "漢字/🌅.jpg",
    "%",
    "a//b",
    "x" * 1024,
]


class Bench:
    def __init__(self, *, names_versions: bool = True) -> None:
        self.bus = RecordingBus()
        self.events: list[dict[str, Any]] = []
        uploads = Bucket(versioned=True, sends_events=True, names_versions=names_versions)
        self.s3 = InMemoryS3({"uploads": uploads}, send=self.events.append)
        self.inbox = Inbox(one_by_one(lambda d: ingest(d, self.bus, ManualClock())))

    def receive(self, *events: dict[str, Any]) -> int:
        records = [sqs_record(json.dumps(event), message_id=str(n)) for n, event in enumerate(events)]
        return len(self.inbox({"Records": records})["batchItemFailures"])


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_a_key_is_taken_as_it_is(bench: Bench, key: str):
    bench.s3.put_object(Bucket="uploads", Key=key, Body=b"12345")
    assert bench.receive(*bench.events) == 0
    (event,) = bench.bus.events
    assert event.meta.image_key == key
    assert event.meta.version_id == "v000001"
    assert (event.data.bucket, event.data.size) == ("uploads", 5)
    assert event.entry("bus")["Resources"] == [f"arn:aws:s3:::uploads/{key}"]
    assert event.meta.correlation_id == event.meta.event_id
    assert event.meta.causation_id is None


def test_the_same_event_twice_is_the_same_fact(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    bench.receive(*bench.events * 2)
    one, two = bench.bus.events
    assert one.meta == two.meta


def test_the_next_upload_is_a_newer_revision(bench: Bench):
    for body in (b"1", b"2"):
        bench.s3.put_object(Bucket="uploads", Key="k", Body=body)
    bench.receive(*bench.events)
    one, two = bench.bus.events
    assert one.meta.revision < two.meta.revision
    assert one.meta.event_id != two.meta.event_id
    assert two.meta.revision == revision(bench.events[1]["detail"]["object"]["sequencer"])


def test_a_delete_marker_is_a_deletion(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    bench.s3.delete_object(Bucket="uploads", Key="k")
    bench.receive(*bench.events)
    assert bench.bus.types == ["ImageUploaded", "ImageDeleted"]
    assert bench.bus.events[1].meta.revision > bench.bus.events[0].meta.revision


def test_the_removal_of_an_old_version_is_not(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"2")
    bench.s3.delete_object(Bucket="uploads", Key="k", VersionId="v000001")
    assert bench.receive(*bench.events) == 0
    assert bench.bus.types == ["ImageUploaded", "ImageUploaded"]


def test_a_bucket_that_names_no_versions_will_do():
    bench = Bench(names_versions=False)
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    assert bench.receive(*bench.events) == 0
    assert bench.bus.events[0].meta.version_id is None


def test_what_is_no_event_of_s3_fails_alone(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    assert (
        bench.receive({"source": "aws.s3", "detail-type": "Object Created", "detail": {}}, *bench.events) == 1
    )
    assert bench.bus.types == ["ImageUploaded"]


def test_a_refused_publish_keeps_the_message(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    bench.bus.fails = 1
    assert bench.receive(*bench.events) == 1
