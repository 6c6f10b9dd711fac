"""A retry brings again what was not answered, no more; then the image completes, and is announced once."""

from __future__ import annotations

import json

import pytest

from imagebus.store import RecordedEvent
from imagebus.testing import ManualClock, bus_entry_envelope
from recorder.required import DEFAULT, Required
from recorder.retry import Again, plan
from tests.unit.core.events import (
    AnEvent,
    deleted,
    envelope,
    failure,
    processed,
    recorded,
    rejected,
    stalled,
    story,
    uploaded,
)
from tests.unit.recorder.test_recorder import Bench

REQUIRED = Required.parse(DEFAULT)
CLOCK = ManualClock()


def planned(*events: AnEvent) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.detail_type, each.stages) for each in plan([recorded(event) for event in events], REQUIRED)]


def test_a_failed_event_is_brought_again_as_it_was():
    events = story()
    (again,) = plan(
        [recorded(e) for e in [*events[:2], failure(events[1], "thumbnailer", clock=CLOCK)]], REQUIRED
    )
    assert again == Again(envelope(events[1]), ("thumbnailer",))
    assert bus_entry_envelope(again.entry("bus"))["detail"] == events[1].detail()
    assert again.entry("bus")["Resources"] == events[1].entry("bus")["Resources"]


def test_a_replayed_event_that_failed_is_brought_again_as_a_live_one():
    events = story()
    failed = failure(events[1], "thumbnailer", clock=CLOCK, **{"replay-name": "r"})
    (again,) = plan([recorded(failed)], REQUIRED)
    assert "replay-name" not in again.envelope


def test_two_stages_that_failed_on_one_event_get_it_once():
    events = story()
    failures = [failure(events[1], stage, clock=CLOCK) for stage in ("thumbnailer", "labels")]
    assert planned(*events[:2], *failures) == [("ImageValidated", ("labels", "thumbnailer"))]


def test_what_was_answered_since_is_not_brought_again():
    events = story()
    assert planned(*events, failure(events[1], "thumbnailer", clock=CLOCK)) == []
    assert planned(*events, failure(events[2], "recorder", clock=CLOCK)) == []
    assert planned(*events[:2], failure(events[2], "recorder", clock=CLOCK))[0][0] == "ThumbnailsCreated"


def test_an_event_of_s3_is_told_from_ours():
    first = uploaded()
    s3_event = {"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": "k"}}}
    failed = failure(first, "ingest", clock=CLOCK, **s3_event)
    (again,) = plan([recorded(failed)], REQUIRED)
    assert again.is_from_s3
    assert again.stages == ("ingest",)


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (1, [("ImageUploaded", ("validator",))]),
        (2, [("ImageValidated", ("thumbnailer", "watermarker", "metadata", "labels"))]),
        (5, [("ImageValidated", ("labels",))]),
        (6, []),
    ],
)
def test_a_stalled_image_gets_the_cause_of_what_is_outstanding(present: int, expected: list[object]):
    events = story()
    assert planned(*events[:present], stalled(events[0], clock=CLOCK)) == expected


def test_images_at_their_end_need_nothing():
    events = story()
    assert planned(*events, processed(events, clock=CLOCK)) == []
    assert planned(events[0], rejected(events[0], clock=CLOCK)) == []
    assert planned(*events[:2], deleted()) == []


def test_derived_images_of_a_deleted_upload_that_could_not_be_removed_are_tried_again():
    gone = deleted()
    assert planned(gone, failure(gone, "cleaner", clock=CLOCK)) == [("ImageDeleted", ("cleaner",))]


def test_nothing_is_done_for_an_older_upload():
    events = story()
    newer = uploaded(rev=deleted().meta.revision)
    assert planned(*events[:2], failure(events[1], "labels", clock=CLOCK), newer) == [
        ("ImageUploaded", ("validator",))
    ]


def test_after_a_retry_the_image_completes_and_is_announced_once():
    bench = Bench()
    events = story()
    failed = failure(events[1], "thumbnailer", clock=bench.clock)
    bench.receive(*events[:2], *events[3:], failed)
    assert bench.item["status"] == "failed"
    bench.receive(failed)  # it failed once more: the same event
    bench.receive(events[1], events[2])
    bench.receive(events[2])
    assert (bench.item["status"], bench.bus.types) == ("completed", ["ImageProcessed"])
    assert plan(bench.store.latest(events[0].meta.image_key), REQUIRED) == []


def test_an_event_of_the_log_is_brought_with_its_resources():
    (again,) = plan([recorded(uploaded("a+b %2B.jpg"))], REQUIRED)
    assert again.entry("bus")["Resources"] == ["arn:aws:s3:::uploads/a+b %2B.jpg"]
    assert RecordedEvent(
        "imagebus.ingest", "ImageUploaded", json.loads(again.entry("bus")["Detail"])
    ) == recorded(uploaded("a+b %2B.jpg"))
