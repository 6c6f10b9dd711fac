"""`imagebus import`: objects from before the pipeline are imported once, and any upload wins over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imagebus.clock import timestamp
from imagebus.events.ingest import ImageUploaded
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import imported_revision, revision
from imagebus.projector import Projector
from imagebus.testing import ManualClock
from imagebus_cli.adopt.adopting import Pace
from imagebus_cli.adopt.outcome import ImportOutcome, of_error
from imagebus_cli.adopt.sources import listed
from imagebus_cli.measure.cost import lines, load_prices, used
from imagebus_cli.problem import Problem
from ingest.objects import translate
from tests.unit.cli.import_world import KEYS, World, document, importer, narrow, run, world
from tests.unit.cli.test_images import known
from tests.unit.core.events import answer, asked, processed, recorded, story

__all__ = ["narrow", "world"]


def test_objects_without_a_log_become_uploads(world: World):
    world.put(*KEYS)
    known(world.stack, "a.jpg")
    assert document()["outcomes"] == {"known": 1, "imported": 2}
    events = {
        envelope["detail"]["object"]["key"]: translate(envelope, ManualClock())
        for envelope in world.waiting()
    }
    assert events.keys() == set(KEYS[1:])
    for key, event in events.items():
        head = world.s3.head_object(Bucket="uploads", Key=key)
        assert event is not None
        assert event.meta.version_id == head["VersionId"]
        assert event.data == ImageUploaded(
            bucket="uploads",
            size=7,
            etag=head["ETag"].strip('"'),
            reason="imported",
            uploaded_at=timestamp(head["LastModified"]),
        )


def test_a_second_import_finds_nothing_to_do(world: World):
    world.put(*KEYS)
    assert document()["bytes"] == 3 * 7
    assert sorted(world.record()) == sorted(KEYS)
    again = document()
    assert (again["outcomes"], again["bytes"]) == ({"known": 3}, 0)
    assert world.waiting() == []


def test_an_object_that_is_asked_for_twice_is_one_event(world: World):
    world.put("a.jpg")
    document()
    document()  # nothing was recorded in between
    first, second = (translate(envelope, ManualClock()) for envelope in world.waiting())
    assert first is not None
    assert second is not None
    assert first.meta.event_id == second.meta.event_id


@pytest.mark.parametrize("sequencer", ["0055AED6DCD90281E5", "0000000000000001", "00065A1F2C3B4D5E6F"])
def test_every_real_upload_beats_an_import(sequencer: str):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    written = datetime(2999, 1, 1, tzinfo=UTC)
    assert imported_revision(written, "v") < revision(sequencer)


def test_of_two_imported_versions_the_newer_is_greater_and_each_has_its_own_revision():
    old, new = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert imported_revision(old, "b") < imported_revision(new, "a")
    assert imported_revision(old, "a") != imported_revision(old, "b")
    assert revision(imported_revision(old, "a")) == imported_revision(old, "a")


def test_folder_markers_are_skipped_and_empty_files_go_to_the_validator(world: World):
    for key in ("trip/", "empty.jpg"):
        world.s3.put_object(Bucket="uploads", Key=key, Body=b"")
    assert document()["outcomes"] == {"folder": 1, "imported": 1}
    (envelope,) = world.waiting()
    assert envelope["detail"]["object"]["key"] == "empty.jpg"
    assert envelope["detail"]["object"]["size"] == 0


def test_an_object_in_an_archive_tier_is_named_and_the_others_are_taken_in(world: World):
    world.put("a.jpg")
    world.put("cold.jpg", StorageClass="GLACIER")
    found = document(exit_code=1)
    assert found["outcomes"] == {"imported": 1, "archived": 1}
    assert found["refused"] == [
        {"image_key": "cold.jpg", "code": "archived", "why": "in an archive tier; restore it first"}
    ]
    told = run().stdout
    assert "cold.jpg: in an archive tier" in told
    assert "✓" not in told


def test_an_object_that_is_deleted_in_between_is_gone(world: World, monkeypatch: pytest.MonkeyPatch):
    world.put("a.jpg", "b.jpg")
    world.s3.delete_object(Bucket="uploads", Key="b.jpg")
    page = {"Contents": [{"Key": "a.jpg", "Size": 7}, {"Key": "b.jpg", "Size": 7}]}
    monkeypatch.setattr(world.s3, "get_paginator", lambda _: Pages(page))
    assert document()["outcomes"] == {"imported": 1, "gone": 1}


class Pages:
    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = pages

    def paginate(self, **_: Any) -> Sequence[dict[str, Any]]:
        return self._pages


def refusal(status: int, code: str, message: str = "") -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "GetObject")


SSE_C = (
    "The object was stored using a form of Server Side Encryption. "
    "The correct parameters must be provided to retrieve the object."
)
KMS = "User: arn:aws:iam::1:user/u is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:…:key/k"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (refusal(404, "NoSuchKey"), ImportOutcome.GONE),
        (refusal(403, "InvalidObjectState"), ImportOutcome.ARCHIVED),
        (refusal(403, "ObjectNotInActiveTierError"), ImportOutcome.ARCHIVED),
        (refusal(400, "InvalidRequest", SSE_C), ImportOutcome.CUSTOMER_KEY),
        (refusal(403, "AccessDenied", KMS), ImportOutcome.KMS_KEY),
        (refusal(400, "KMS.DisabledException"), ImportOutcome.KMS_KEY),
        (refusal(403, "AccessDenied", "Access Denied"), ImportOutcome.DENIED),
    ],
)
def test_each_refusal_of_s3_has_its_outcome(error: ClientError, outcome: ImportOutcome):
    assert of_error(error) is outcome


def test_an_error_about_something_else_ends_the_import():
    with pytest.raises(ClientError):
        of_error(refusal(503, "SlowDown"))
    with pytest.raises(ClientError):
        of_error(refusal(400, "InvalidRequest", "Missing required header"))


def test_a_dry_run_sends_nothing_and_counts_what_has_no_log(world: World):
    world.put(*KEYS)
    world.put("cold.jpg", StorageClass="GLACIER")
    known(world.stack, "a.jpg", status="processing")
    found = document("--dry-run")
    assert found == {"objects": 2, "bytes": 14, "usd": None, "others": {"known": 1, "archived": 1}}
    assert world.waiting() == []
    assert "no completed image to take a price from" in run("--dry-run").stdout


def test_a_dry_run_with_nothing_to_import_says_so(world: World):
    world.put("a.jpg")
    known(world.stack, "a.jpg", status="processing")
    assert run("--dry-run").stdout.splitlines() == ["Nothing to import.", "  1 known"]


def test_a_dry_run_takes_its_price_from_completed_images(world: World):
    clock = ManualClock()
    events: list[Any] = story("done.jpg", clock=clock)
    events.append(processed(events, clock=clock))
    for event in events:
        world.stack.store.append(recorded(event))
    item = Projector(world.stack.store, Required.parse(DEFAULT)).project("done.jpg").item
    image = used(world.stack.store.latest("done.jpg"), item)
    prices, _, _ = load_prices("us-east-1")
    of_one = sum(each.usd for each in lines([image], prices))
    world.put(*KEYS)
    price = document("--dry-run")["usd"]
    assert price == pytest.approx(3 * of_one, rel=0.2)
    request = asked(events[0])
    for event in (request, answer(request)):  # of a backfill, which an import does not repeat
        world.stack.store.append(recorded(event))
    assert Projector(world.stack.store, Required.parse(DEFAULT)).project("done.jpg").item["derived"]
    assert document("--dry-run")["usd"] == price
    world.put(*KEYS, bucket="other")
    world.s3.delete_object(Bucket="uploads", Key="a.jpg")
    copied = document("s3://other", "--dry-run")
    assert copied["objects"] == 3
    assert copied["usd"] > document("--dry-run", "--prices", "us-east-1")["usd"]
    assert run("--dry-run", "--prices", "mars").exit_code != 0


def test_a_prefix_narrows_it(world: World):
    world.put(*KEYS)
    assert document("--prefix", "b/")["outcomes"] == {"imported": 2}


def test_an_interrupted_import_says_how_far_it_got_and_continues(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    keys = [f"{number:02}.jpg" for number in range(25)]
    world.put(*keys)
    waited = Pace.wait

    def interrupt(pace: Pace, objects: int) -> None:
        if objects == 10 and getattr(pace, "seen", 0) == 1:
            raise KeyboardInterrupt
        pace.seen = getattr(pace, "seen", 0) + 1  # type: ignore[attr-defined]
        waited(pace, objects)

    with monkeypatch.context() as patched:
        patched.setattr(Pace, "wait", interrupt)
        found = document(exit_code=130)
    assert (found["outcomes"], found["interrupted"]) == ({"imported": 10}, True)
    first = world.record()
    assert document()["outcomes"] == {"known": 10, "imported": 15}
    assert sorted(first + world.record()) == keys


@pytest.mark.usefixtures("narrow")
def test_only_so_many_objects_are_on_their_way_at_once(world: World):
    """What is recorded in between makes room."""
    world.put(*(f"{number:03}.jpg" for number in range(15)))
    recorded_by = list[int]()

    class Recording(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if seconds == 1:
                recorded_by.append(len(world.record()))

    steps = list(importer(world, Recording()).run(listed(world.s3, "uploads", "")))
    assert [outcome for _, outcome in steps] == [ImportOutcome.IMPORTED] * 15
    assert recorded_by == [10]


@pytest.mark.usefixtures("narrow")
def test_an_import_gives_up_when_nothing_is_recorded(world: World):
    world.put(*(f"{number:03}.jpg" for number in range(15)))
    clock = ManualClock()
    began = clock.now()
    with pytest.raises(Problem, match="No imported object has been recorded"):
        list(importer(world, clock).run(listed(world.s3, "uploads", "")))
    assert 3 <= (clock.now() - began).total_seconds() < 4
    assert len(world.waiting()) == 10


def test_the_rate_is_kept():
    clock = ManualClock()
    pace, started = Pace(5, clock), clock.now()
    for _ in range(4):
        pace.wait(10)
    assert (clock.now() - started).total_seconds() == pytest.approx(6)


def test_an_erased_version_is_not_taken_in_again_and_a_later_one_is(world: World):
    world.put(*KEYS, "c.jpg")
    version = world.s3.head_object(Bucket="uploads", Key="a.jpg")["VersionId"]
    world.stack.erasures.extend("a.jpg", versions=[version])
    world.stack.erasures.extend("b/d.webp", through=revision("0055AED6DCD90281E5"))
    world.stack.erasures.extend("c.jpg", versions=["another"])
    found = document(exit_code=1)
    assert found["outcomes"] == {"imported": 3, "erased": 1}
    assert [each["image_key"] for each in found["refused"]] == ["a.jpg"]
