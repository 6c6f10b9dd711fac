"""S3's events become our events, about the very object, whichever way S3 writes its key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import permutations
from typing import Any
from urllib.parse import quote_plus

import pytest

from imagebus.bus import bus_entry
from imagebus.erasures import DynamoDBErasures
from imagebus.events import NotAnEvent, Usage, new_event
from imagebus.events.ingest import ImageUploaded
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import revision
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import CurrentObject, S3ObjectStore
from imagebus.testing import (
    InMemoryDynamoDB,
    InMemoryS3,
    ManualClock,
    RecordingBus,
    erasures_table,
    sqs_record,
)
from imagebus.testing.s3 import Bucket
from imagebus_cli.stack import smoke
from ingest.handler import ingest
from ingest.keys import under_actual_key
from ingest.objects import translate
from ingest.removals import announce_current, removal
from tests.unit.core.events import recorded

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


class _Objects(S3ObjectStore):
    """Notes the keys that S3 is asked about."""

    def __init__(self, s3: InMemoryS3, asked: list[str]) -> None:
        super().__init__(s3)  # type: ignore[arg-type]
        self._asked = asked

    def has_version(self, bucket: str, key: str, version_id: str) -> bool:
        self._asked.append(key)
        return super().has_version(bucket, key, version_id)


class Bench:
    def __init__(self, *, names_versions: bool = True) -> None:
        self.bus = RecordingBus()
        self.events: list[dict[str, Any]] = []
        uploads = Bucket(versioned=True, sends_events=True, names_versions=names_versions)
        self.s3 = InMemoryS3({"uploads": uploads}, send=self.events.append)
        self.asked: list[str] = []
        #: what is in the log besides what was published
        self.others: list[RecordedEvent] = []
        tables = InMemoryDynamoDB({"erasures": erasures_table()})
        self.erasures = DynamoDBErasures(tables, "erasures")  # type: ignore[arg-type]
        objects = _Objects(self.s3, self.asked)
        self.inbox = Inbox(one_by_one(lambda d: ingest(d, self.bus, objects, lambda: self, ManualClock())))

    def history(self, key: str) -> list[RecordedEvent]:
        published = [recorded(event) for event in self.bus.events if event.meta.image_key == key]
        return [*published, *self.others]

    def encode(self, how: Callable[[str], str] = quote_plus) -> None:
        """The events that were sent, as they are if S3 encodes the key in them."""
        for event in self.events:
            event["detail"]["object"]["key"] = how(event["detail"]["object"]["key"])

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
    assert (event.data.bucket, event.data.size, event.data.reason) == ("uploads", 5, "PutObject")
    assert event.data.etag == hashlib.md5(b"12345", usedforsecurity=False).hexdigest()
    assert event.data.uploaded_at == bench.events[0]["time"]
    assert bus_entry(event, "bus")["Resources"] == [f"arn:aws:s3:::uploads/{key}"]
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
    data = bench.bus.events[1].data
    assert (data.bucket, data.deletion_type, data.permanent) == ("uploads", "Delete Marker Created", None)
    assert bench.bus.events[1].meta.version_id == "v000002"


def test_an_event_without_a_reason_is_an_upload_all_the_same(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    (event,) = bench.events
    del event["detail"]["reason"], event["time"]
    assert bench.receive(event) == 0
    data = bench.bus.events[0].data
    assert (data.reason, data.uploaded_at) == ("unknown", None)


def test_the_removal_of_an_old_version_is_not(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"1")
    bench.s3.put_object(Bucket="uploads", Key="k", Body=b"2")
    bench.s3.delete_object(Bucket="uploads", Key="k", VersionId="v000001")
    assert bench.receive(*bench.events) == 0
    assert bench.bus.types == ["ImageUploaded", "ImageUploaded"]


def versions(bench: Bench) -> list[str]:
    return [version.version_id for version in bench.s3.buckets["uploads"].keys["k"]]


def put(bench: Bench, *bodies: bytes) -> None:
    for body in bodies:
        bench.s3.put_object(Bucket="uploads", Key="k", Body=body)


def remove(bench: Bench, version_id: str) -> None:
    bench.s3.delete_object(Bucket="uploads", Key="k", VersionId=version_id)


def test_when_the_current_version_is_removed_the_older_one_is_announced(bench: Bench):
    put(bench, b"old", b"newer")
    bench.receive(*bench.events)
    remove(bench, "v000002")
    assert bench.receive(bench.events[-1]) == 0
    restored = bench.bus.events[-1]
    assert (restored.data.reason, restored.data.size, restored.meta.version_id) == ("restored", 3, "v000001")
    assert restored.data.etag == bench.bus.events[0].data.etag
    assert (restored.data.bucket, restored.data.uploaded_at) == ("uploads", "2026-01-02T03:04:05.000Z")
    assert restored.meta.revision == revision(bench.events[-1]["detail"]["object"]["sequencer"])
    assert restored.meta.revision > bench.bus.events[1].meta.revision


def test_when_the_last_version_is_removed_the_image_is_deleted(bench: Bench):
    put(bench, b"1")
    bench.receive(*bench.events)
    remove(bench, "v000001")
    bench.receive(bench.events[-1])
    deleted = bench.bus.events[-1]
    assert (deleted.detail_type, deleted.data.permanent) == ("ImageDeleted", True)
    assert (deleted.data.bucket, deleted.data.deletion_type) == ("uploads", "Delete Marker Created")
    assert deleted.meta.version_id == "v000001"
    assert deleted.meta.revision > bench.bus.events[0].meta.revision


def test_two_attempts_that_find_different_objects_are_one_correlation(bench: Bench):
    put(bench, b"1")
    remove(bench, "v000001")
    removed = bench.events[-1]
    bench.receive(removed)
    put(bench, b"2")
    bench.receive(removed)
    deleted, restored = bench.bus.events
    assert [deleted.detail_type, restored.detail_type] == ["ImageDeleted", "ImageUploaded"]
    assert deleted.meta.correlation_id == restored.meta.correlation_id == restored.meta.event_id


def test_removing_a_delete_marker_brings_the_image_back(bench: Bench):
    put(bench, b"1")
    bench.s3.delete_object(Bucket="uploads", Key="k")
    bench.receive(*bench.events)
    remove(bench, versions(bench)[-1])
    bench.receive(bench.events[-1])
    assert [event.detail_type for event in bench.bus.events] == [
        "ImageUploaded",
        "ImageDeleted",
        "ImageUploaded",
    ]


def test_removing_old_versions_of_a_deleted_image_changes_nothing(bench: Bench):
    put(bench, b"1", b"2")
    bench.s3.delete_object(Bucket="uploads", Key="k")
    bench.receive(*bench.events)
    remove(bench, "v000001")
    bench.receive(bench.events[-1])
    assert bench.bus.types == ["ImageUploaded", "ImageUploaded", "ImageDeleted"]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_newest_fact_is_what_is_current_whatever_order_the_events_came_in(order: tuple[int, ...]):
    bench = Bench()
    put(bench, b"1", b"2")
    remove(bench, "v000002")
    remove(bench, "v000001")
    put(bench, b"3")
    assert len(bench.events) == 5
    bench.receive(*[bench.events[number] for number in order], bench.events[4])
    newest = max(bench.bus.events, key=lambda event: event.meta.revision)
    assert (newest.detail_type, newest.meta.version_id) == ("ImageUploaded", "v000003")

    remove(bench, "v000003")
    bench.receive(bench.events[-1])
    newest = max(bench.bus.events, key=lambda event: event.meta.revision)
    assert newest.detail_type == "ImageDeleted"


def test_a_removal_that_overtakes_its_upload_is_not_taken_for_an_old_versions(bench: Bench):
    put(bench, b"1")
    bench.receive(*bench.events)
    put(bench, b"2")
    remove(bench, "v000002")
    late, removed = bench.events[-2:]
    bench.receive(removed, late)
    newest = max(bench.bus.events, key=lambda event: event.meta.revision)
    assert newest.meta.version_id == "v000001"


def test_what_erasing_removes_shows_how_far_it_reaches(bench: Bench):
    put(bench, b"1", b"2")
    bench.erasures.extend("k", versions=versions(bench))
    remove(bench, "v000001")
    remove(bench, "v000002")
    bench.receive(*bench.events[2:])
    sequencers = [event["detail"]["object"]["sequencer"] for event in bench.events]
    assert bench.erasures.of("k").through == revision(sequencers[-1])
    assert bench.bus.types == ["ImageDeleted", "ImageDeleted"]


@pytest.mark.parametrize("key", ["k", "a+b %2B.png"])
def test_the_delete_marker_of_an_erase_shows_how_far_it_reaches(bench: Bench, key: str):
    """Its removal would, but may come too late. S3 does not have it any more; the erasure has."""
    marker = bench.s3.delete_object(Bucket="uploads", Key=key)["VersionId"]
    bench.erasures.extend(key, versions=[marker])
    bench.s3.delete_object(Bucket="uploads", Key=key, VersionId=marker)
    assert bench.receive(bench.events[0]) == 0
    assert bench.erasures.of(key).through == revision(bench.events[0]["detail"]["object"]["sequencer"])
    (event,) = bench.bus.events
    assert event.meta.image_key == key
    assert bench.erasures.of(key).covers(event.meta.as_json())


@pytest.mark.parametrize("sealed", [True, False])
def test_another_delete_marker_shows_nothing_nor_does_what_an_interrupted_erase_left(
    bench: Bench, sealed: bool
):
    marker = bench.s3.delete_object(Bucket="uploads", Key="k")["VersionId"]
    bench.erasures.extend("k", versions=[marker] if sealed else ["another"], sealed=sealed)
    bench.receive(*bench.events)
    assert bench.erasures.of("k").through == ""


@pytest.mark.parametrize("logged", [True, False])
def test_a_removal_shows_how_far_an_erase_reaches_unless_the_current_upload_may_be_older(
    bench: Bench, logged: bool
):
    """It is handled late: a user has uploaded again, before the removal or after it. The log tells."""
    put(bench, b"1")
    bench.erasures.extend("k", versions=["v000001"])
    remove(bench, "v000001")
    put(bench, b"2")
    _, removal, upload = bench.events
    bench.receive(*([upload] if logged else []), removal)
    through = revision(removal["detail"]["object"]["sequencer"])
    assert bench.erasures.of("k").through == (through if logged else "")
    assert bench.bus.types == (["ImageUploaded", "ImageDeleted"] if logged else [])


@pytest.mark.parametrize("first", [True, False], ids=["before the removal", "after the removal"])
def test_an_upload_while_another_is_being_erased_is_a_fresh_start(bench: Bench, first: bool):
    put(bench, b"1")
    bench.erasures.extend("k", versions=["v000001"])
    if first:
        put(bench, b"2")
    remove(bench, "v000001")
    if not first:
        put(bench, b"2")
    bench.receive(*bench.events[1:])
    (fresh,) = bench.bus.events
    assert fresh.meta.version_id == "v000002"
    assert not bench.erasures.of("k").covers(fresh.meta.as_json())


def test_a_later_upload_that_is_removed_by_hand_is_deleted_and_not_erased(bench: Bench):
    put(bench, b"1")
    bench.erasures.extend("k", versions=["v000001"])
    remove(bench, "v000001")
    bench.receive(*bench.events[1:])
    put(bench, b"2")
    remove(bench, "v000002")
    bench.receive(*bench.events[2:])
    assert bench.bus.types == ["ImageDeleted", "ImageUploaded", "ImageDeleted"]
    assert not bench.erasures.of("k").covers(bench.bus.events[-1].meta.as_json())


@pytest.mark.parametrize("for_good", [True, False], ids=["for good", "by a marker"])
def test_removing_what_an_erasure_left_does_not_erase_a_later_upload_that_was_deleted(
    bench: Bench, for_good: bool
):
    put(bench, b"1", b"2")
    bench.receive(*bench.events)
    bench.erasures.extend("k", through=bench.bus.events[-1].meta.revision, versions=versions(bench))
    remove(bench, "v000001")  # and then the erase was interrupted
    put(bench, b"3")
    if for_good:
        remove(bench, "v000003")
    else:
        bench.s3.delete_object(Bucket="uploads", Key="k")
    bench.receive(*bench.events[2:])
    later = bench.bus.events[-2:]
    assert [each.detail_type for each in later] == ["ImageUploaded", "ImageDeleted"]
    sent = len(bench.events)
    bench.erasures.extend("k", sealed=True)
    remove(bench, "v000002")
    bench.receive(*bench.events[sent:])
    erasure = bench.erasures.of("k")
    assert not any(erasure.covers(each.meta.as_json()) for each in later)
    assert erasure.covers(bench.bus.events[-1].meta.as_json())  # for the cleaner only


def test_a_lifecycle_rule_removes_only_what_nobody_sees(bench: Bench):
    put(bench, b"1", b"2")
    remove(bench, "v000001")
    bench.events[-1]["detail"]["reason"] = "Lifecycle Expiration"
    assert bench.receive(bench.events[-1]) == 0
    assert bench.bus.events == []


def test_a_removal_under_an_encoded_key_is_announced_for_the_image_that_the_log_knows(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="a b.jpg", Body=b"1")
    bench.receive(*bench.events)
    bench.s3.delete_object(Bucket="uploads", Key="a b.jpg", VersionId="v000001")
    bench.events[-1]["detail"]["object"]["key"] = "a+b.jpg"
    bench.receive(bench.events[-1])
    deleted = bench.bus.events[-1]
    assert (deleted.detail_type, deleted.meta.image_key) == ("ImageDeleted", "a b.jpg")


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


@pytest.mark.parametrize("key", KEYS, ids=ascii)
@pytest.mark.parametrize("how", [quote_plus, lambda key: quote_plus(key, safe="/")], ids=["all", "slash"])
def test_an_encoded_key_is_recognised(bench: Bench, key: str, how: Callable[[str], str]):
    bench.s3.put_object(Bucket="uploads", Key=key, Body=b"12345")
    bench.s3.delete_object(Bucket="uploads", Key=key)
    bench.encode(how)
    assert bench.receive(*bench.events) == 0
    assert bench.bus.types == ["ImageUploaded", "ImageDeleted"]
    assert {event.meta.image_key for event in bench.bus.events} == {key}
    assert len({event.meta.revision for event in bench.bus.events}) == 2


def test_an_encoded_key_is_counted_and_logged_without_the_key(
    bench: Bench, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    bench.s3.put_object(Bucket="uploads", Key="Zanzibar 1", Body=b"1")
    bench.encode()
    bench.receive(*bench.events)
    out = capsys.readouterr().out
    assert '"KeysDecoded":1' in out
    assert smoke.DECODED in caplog.messages
    assert "Zanzibar" not in out + caplog.text


def test_a_key_that_only_looks_encoded_is_logged_without_the_key(
    bench: Bench, caplog: pytest.LogCaptureFixture
):
    bench.s3.put_object(Bucket="uploads", Key="Zanzibar+1", Body=b"1")
    bench.receive(*bench.events)
    assert smoke.AS_IT_IS in caplog.messages
    assert "Zanzibar" not in caplog.text


def test_a_key_that_is_the_same_either_way_costs_no_request(bench: Bench):
    for key in ("a/b.jpg", "a b.jpg", "100%", "é.jpg", "%FF"):
        bench.s3.put_object(Bucket="uploads", Key=key, Body=b"1")
    assert bench.receive(*bench.events) == 0
    assert bench.asked == []


def test_the_key_as_it_is_comes_first_and_another_object_under_the_decoded_one_is_left_alone(bench: Bench):
    for key in ("a b.jpg", "a+b.jpg"):
        bench.s3.put_object(Bucket="uploads", Key=key, Body=b"1")
    assert bench.receive(*bench.events) == 0
    assert [event.meta.image_key for event in bench.bus.events] == ["a b.jpg", "a+b.jpg"]
    assert bench.asked == ["a+b.jpg"]


def test_without_a_version_the_key_is_taken_as_it_is():
    bench = Bench(names_versions=False)
    bench.s3.put_object(Bucket="uploads", Key="a+b.jpg", Body=b"1")
    assert bench.receive(*bench.events) == 0
    assert bench.bus.events[0].meta.image_key == "a+b.jpg"
    assert bench.asked == []


def test_a_version_under_neither_key_keeps_the_message(bench: Bench):
    bench.s3.put_object(Bucket="uploads", Key="a+b.jpg", Body=b"1")
    bench.s3.buckets["uploads"].keys.clear()
    assert bench.receive(*bench.events) == 1
    assert bench.bus.events == []


def test_under_the_decoded_key_the_event_is_otherwise_the_same():
    data = ImageUploaded(bucket="uploads", size=1, etag="e", reason="PutObject")
    encoded, actual = (
        new_event(
            data, image_key=key, revision=revision("1F"), clock=ManualClock(), version_id="v",
            usage=Usage(billed_ms=7, memory_mb=128),
        )
        for key in ("a%2Bb.jpg", "a+b.jpg")
    )  # fmt: skip
    assert under_actual_key(encoded, lambda _bucket, key, _: key == "a+b.jpg", ManualClock()) == actual


def test_every_event_says_what_it_cost(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    put(bench, b"1", b"2")
    bench.s3.delete_object(Bucket="uploads", Key="k")
    for version in ("v000003", "v000002", "v000001"):
        remove(bench, version)
        bench.receive(*bench.events)
    assert set(bench.bus.types) == {"ImageUploaded", "ImageDeleted"}
    assert {"restored", "PutObject"} <= {getattr(event.data, "reason", None) for event in bench.bus.events}
    assert {event.meta.usage.memory_mb for event in bench.bus.events} == {128}


CREATED: dict[str, Any] = {
    "source": "aws.s3",
    "detail-type": "Object Created",
    "detail": {"bucket": {"name": "b"}, "object": {"key": "k", "size": 1, "etag": "e", "sequencer": "1F"}},
}
REMOVED = CREATED | {"detail-type": "Object Deleted"}
REMOVED["detail"] = CREATED["detail"] | {"deletion-type": "Permanently Deleted"}


READERS: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "created": (lambda event: translate(event, ManualClock()), CREATED),
    "removed": (removal, REMOVED),
}
SEQUENCER = {"key": "k", "size": 1, "etag": "e", "sequencer": 5}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("broken", [{"bucket": {}}, {"bucket": None}, {"object": SEQUENCER}], ids=str)
def test_what_s3_would_not_send_is_no_event(kind: str, broken: dict[str, Any]):
    read, event = READERS[kind]
    assert read(event)
    with pytest.raises(NotAnEvent, match="not an S3 event"):
        read(event | {"detail": event["detail"] | broken})


def test_only_the_permanent_removal_of_a_version_is_a_removal():
    assert removal(CREATED) is None
    assert removal(REMOVED | {"detail-type": "Object Restore Completed"}) is None
    marker = {"deletion-type": "Delete Marker Created"}
    assert removal(REMOVED | {"detail": REMOVED["detail"] | marker}) is None


@pytest.mark.parametrize("known", [(), ("a%2Bb.jpg", "a+b.jpg")], ids=["neither", "both"])
def test_a_removal_is_of_the_key_as_it_is_unless_the_log_knows_only_the_decoded_one(
    bench: Bench, known: tuple[str, ...]
):
    for key in ("a%2Bb.jpg", "a+b.jpg"):
        bench.s3.put_object(Bucket="uploads", Key=key, Body=b"1")
    if known:
        bench.receive(*bench.events)
    bench.s3.delete_object(Bucket="uploads", Key="a%2Bb.jpg", VersionId="v000001")
    bench.receive(bench.events[-1])
    event = bench.bus.events[-1]
    assert (event.detail_type, event.meta.image_key) == ("ImageDeleted", "a%2Bb.jpg")


def another_fact(event: RecordedEvent) -> RecordedEvent:
    """Another team's, about the same version."""
    meta = event.detail["meta"] | {"event_id": "another", "occurred_at": "2027"}
    return RecordedEvent("shop", "ImagePriced", {"meta": meta, "data": {}})


def test_facts_of_others_show_no_version(bench: Bench):
    put(bench, b"1", b"2")
    bench.receive(*bench.events)
    one = recorded(bench.bus.events[0])
    bench.others = [another_fact(one)]
    remove(bench, "v000001")
    bench.receive(bench.events[-1])
    assert bench.bus.types == ["ImageUploaded"] * 2, "it was old"
    bench.bus.events.clear()
    bench.receive(bench.events[-1])
    assert [event.data.reason for event in bench.bus.events] == ["restored"], "nothing says so any more"


def test_a_deletion_is_one_whatever_else_is_known_of_it(bench: Bench):
    put(bench, b"1")
    bench.s3.delete_object(Bucket="uploads", Key="k")
    bench.receive(*bench.events)
    bench.others = [another_fact(recorded(bench.bus.events[-1]))]
    remove(bench, "v000001")
    bench.receive(bench.events[-1])
    assert bench.bus.types == ["ImageUploaded", "ImageDeleted"]


@pytest.mark.parametrize("erased", [True, False])
def test_an_event_that_names_no_version_was_by_erasing_if_something_was_erased_and_nothing_is_left(
    erased: bool,
):
    bench = Bench(names_versions=False)
    put(bench, b"1")
    if erased:
        bench.erasures.extend("k", versions=["v000001"])
    remove(bench, "v000001")
    bench.receive(bench.events[-1])
    assert bench.bus.types == ["ImageDeleted"]
    sequencer = bench.events[-1]["detail"]["object"]["sequencer"]
    assert bench.erasures.of("k").through == (revision(sequencer) if erased else "")


def test_an_event_that_names_no_version_is_of_no_old_one():
    bench = Bench(names_versions=False)
    put(bench, b"1", b"2")
    bench.receive(*bench.events)
    remove(bench, "v000001")
    bench.receive(bench.events[-1])
    assert [event.data.reason for event in bench.bus.events] == ["PutObject", "PutObject", "restored"]


class Unversioned:
    def current(self, bucket: str, key: str) -> CurrentObject:
        return CurrentObject(None, 1, "e")


def test_an_object_without_a_version_was_not_erased(bench: Bench):
    bench.erasures.extend("k", versions=["v000001"])
    event = announce_current(REMOVED, Unversioned(), lambda: bench, ManualClock())
    assert event is not None
    assert event.detail()["data"] == {"bucket": "b", "size": 1, "etag": "e", "reason": "restored"}


def test_where_there_are_no_versions_none_was_an_old_one(bench: Bench):
    data = ImageUploaded(bucket="b", size=1, etag="e", reason="PutObject")
    bench.others = [recorded(new_event(data, image_key="k", revision=revision("1"), clock=ManualClock()))]
    event = announce_current(REMOVED, Unversioned(), lambda: bench, ManualClock())
    assert event is not None
