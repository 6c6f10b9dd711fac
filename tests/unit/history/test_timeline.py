"""The events of an image form a tree."""

from __future__ import annotations

from imagebus.history.timeline import timeline
from tests.unit.cli.builders import event

UPLOADED = event("u", "ImageUploaded", 0)
VALIDATED = event("v", "ImageValidated", 200, "u", billed_ms=40)
THUMBNAILS = event("t", "ThumbnailsCreated", 500, "v")
METADATA = event("m", "MetadataExtracted", 450, "v")
PROCESSED = event("p", "ImageProcessed", 520, "t")


def test_every_event_stands_below_its_cause_in_the_order_of_time():
    moments = timeline([PROCESSED, METADATA, THUMBNAILS, VALIDATED, UPLOADED])
    assert [(moment.event.event_id, moment.depth) for moment in moments] == [
        ("u", 0),
        ("v", 1),
        ("m", 2),
        ("t", 2),
        ("p", 3),
    ]


def test_milliseconds_count_from_the_upload_and_from_the_cause():
    moments = {moment.event.event_id: moment for moment in timeline([UPLOADED, VALIDATED, THUMBNAILS])}
    assert (moments["t"].end_ms, moments["t"].own_ms) == (500, 300)
    assert moments["v"].billed_ms == 40
    assert moments["u"].own_ms == 0


def test_an_event_whose_cause_is_not_in_the_log_is_not_lost():
    assert [moment.event.event_id for moment in timeline([THUMBNAILS, UPLOADED])] == ["u", "t"]


def test_no_events_make_no_timeline():
    assert timeline([]) == []
