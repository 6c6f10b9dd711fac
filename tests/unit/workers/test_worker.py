"""What every worker does around its own work: read the pinned version, write, check again, publish."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imagebus.events.analyzer import LabelsSkipped
from imagebus.identity import derived_prefix
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.testing import InMemoryS3, ManualClock, RecordingBus, sqs_record
from imagebus.testing.errors import client_error
from imagebus.testing.s3 import Bucket
from imagebus.worker import Derivation, DerivedObject, Job, Worker
from tests.unit.core.events import KEY, asked, envelope, story


class Bench:
    """`meanwhile` runs during the worker's work."""

    def __init__(self, *, names_versions: bool = True) -> None:
        self.bus, self.clock = RecordingBus(), ManualClock()
        self.clock.cpu = 7.0
        uploads = Bucket(versioned=True, sends_events=True)
        self.s3 = InMemoryS3({"uploads": uploads, "images": Bucket()})
        self.names_versions = names_versions
        self.meanwhile: Any = lambda: None
        self.seen: list[bytes] = []
        self.writes = True
        worker = Worker(self.bus, S3ObjectStore(self.s3), self.clock, "images", self.work)  # type: ignore[arg-type]
        self.inbox = Inbox(one_by_one(worker))
        self.upload(b"one")

    def work(self, job: Job) -> Derivation:
        job.may_write.append("x/1.png")
        self.seen.append(job.data)
        self.meanwhile()
        self.clock.advance(0.25)
        self.clock.cpu += 0.125
        outputs = [DerivedObject("x/1.png", job.data, "image/png")] if self.writes else []
        return Derivation(LabelsSkipped(reason="r"), outputs, "recipe")

    def upload(self, body: bytes) -> None:
        answer = self.s3.put_object(Bucket="uploads", Key=KEY, Body=body)
        version = answer["VersionId"] if self.names_versions else None
        self.event = json.loads(json.dumps(envelope(story()[1])))
        self.event["detail"]["data"]["etag"] = answer["ETag"].strip('"')
        self.event["detail"]["meta"] |= {"version_id": version}

    def run(self, attempt: int = 1) -> int:
        record = sqs_record(json.dumps(self.event), receive_count=attempt)
        return len(self.inbox({"Records": [record]})["batchItemFailures"])

    @property
    def derived(self) -> list[str]:
        return list(self.s3.buckets["images"].keys)


@pytest.fixture(params=[True, False], ids=["by version", "by etag"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(names_versions=request.param)


def test_it_writes_below_the_images_own_folder_and_announces_it(bench: Bench):
    assert bench.run() == 0
    cause = story()[1]
    assert bench.derived == [derived_prefix(KEY, cause.meta.revision) + "x/1.png"]
    (event,) = bench.bus.events
    assert event.meta.causation_id == cause.meta.event_id
    usage = event.meta.usage
    assert (usage.billed_ms, usage.cpu_ms, usage.bytes_in, usage.bytes_out) == (250, 125, 3, 3)


def test_the_same_delivery_twice_is_the_same_event_and_the_same_object(bench: Bench):
    bench.run()
    bench.run()
    assert len({event.meta.event_id for event in bench.bus.events}) == 1
    assert len(bench.derived) == 1


def test_it_never_reads_the_bytes_of_a_later_upload(bench: Bench):
    event = bench.event
    bench.upload(b"two")
    bench.event = event
    assert bench.run() == 0
    assert bench.seen in ([b"one"], [])


@pytest.mark.parametrize("what", ["overwritten", "deleted"])
def test_what_is_superseded_meanwhile_leaves_no_object_and_no_event(bench: Bench, what: str):
    def supersede() -> None:
        if what == "deleted":
            bench.s3.delete_object(Bucket="uploads", Key=KEY)
        else:
            bench.s3.put_object(Bucket="uploads", Key=KEY, Body=b"two")

    bench.meanwhile = supersede
    assert bench.run() == 0
    assert (bench.derived, bench.bus.types) == ([], [])


def test_what_was_removed_for_good_is_superseded_because_ingest_announces_the_removal(bench: Bench):
    bench.s3.buckets["uploads"].keys[KEY].clear()
    assert bench.run() == 0
    assert (bench.derived, bench.bus.types) == ([], [])


def test_a_repeated_attempt_removes_what_one_that_was_stopped_has_left_of_a_removed_upload():
    bench = Bench()
    bench.bus.fails = 1
    assert bench.run() == 1, "stopped after it wrote"
    bench.s3.put_object(Bucket="images", Key="somebody-elses", Body=b"")
    bench.s3.buckets["uploads"].keys[KEY].clear()
    assert bench.run(attempt=2) == 0
    assert (bench.derived, bench.bus.types) == (["somebody-elses"], [])


def test_a_repeated_attempt_removes_nothing_of_an_upload_that_s3_only_denies():
    bench = Bench()
    bench.run()
    deny_once(bench, "get_object")
    deny_once(bench, "head_object")
    assert bench.run(attempt=2) == 1
    assert len(bench.derived) == 1


def deny_once(bench: Bench, operation: str) -> None:
    """S3 denies once what it has, as it may while versioning is new (tests/aws_rules/test_s3.py)."""
    working = getattr(bench.s3, operation)

    def denied(**request: Any) -> Any:
        setattr(bench.s3, operation, working)
        raise client_error("NoSuchKey", operation, 404)

    setattr(bench.s3, operation, denied)


def test_what_s3_denies_and_shows_is_tried_again(bench: Bench):
    deny_once(bench, "get_object")
    assert bench.run() == 1
    assert (bench.derived, bench.bus.types) == ([], [])
    assert bench.run() == 0
    assert bench.bus.types == ["LabelsSkipped"]


def test_what_was_derived_stays_if_s3_denies_the_upload_that_it_has():
    bench = Bench()
    deny_once(bench, "head_object")
    assert bench.run() == 1
    assert (len(bench.derived), bench.bus.types) == (1, [])
    assert bench.run() == 0
    assert (len(bench.derived), bench.bus.types) == (1, ["LabelsSkipped"])


def test_a_refused_publish_keeps_the_message_and_the_next_attempt_announces(bench: Bench):
    bench.bus.fails = 1
    assert bench.run() == 1
    assert bench.run() == 0
    assert bench.bus.types == ["LabelsSkipped"]


def test_who_has_read_the_upload_and_writes_nothing_does_not_ask_for_it_again(bench: Bench):
    bench.writes = False
    bench.s3.head_object = lambda **_: pytest.fail("asked")  # type: ignore[method-assign]
    assert bench.run() == 0
    assert bench.bus.types == ["LabelsSkipped"]


def test_a_worker_without_a_stage_accepts_no_request(bench: Bench):
    bench.event = envelope(asked(story()[1]))
    assert bench.run() == 1
    assert bench.seen == []


def test_a_first_attempt_has_left_nothing_and_so_removes_nothing():
    bench = Bench()
    bench.s3.buckets["uploads"].keys[KEY].clear()
    bench.s3.delete_object = lambda **_: pytest.fail("asked")  # type: ignore[method-assign]
    assert bench.run() == 0
