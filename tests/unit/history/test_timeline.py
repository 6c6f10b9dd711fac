"""The events of an image form a tree."""

from __future__ import annotations

from imagebus.history.timeline import in_order_of_time, timeline
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
    assert (moments["u"].own_ms, moments["u"].billed_ms) == (0, 0)


def test_an_event_whose_cause_is_not_in_the_log_is_not_lost():
    assert [moment.event.event_id for moment in timeline([THUMBNAILS, UPLOADED])] == ["u", "t"]


def test_no_events_make_no_timeline():
    assert timeline([]) == []


def test_within_a_millisecond_a_cause_comes_first_and_otherwise_the_order_does_not_depend_on_the_logs():
    for one, two in (("a", "b"), ("b", "a")):
        log = [event("u", "ImageUploaded", 0), event(one, "ImageValidated", 5, "u"), event(two, "X", 5, one)]
        for order in (log, log[::-1]):
            found = [moment.event.event_id for moment in in_order_of_time(timeline(order))]
            assert found == ["u", one, two]
    log = [UPLOADED, *(event(name, "X", 5, "u") for name in "cab"), event("z", "X", 1, "u")]
    for order in (log, log[::-1]):
        moments = timeline(order)
        for found in (in_order_of_time(moments), in_order_of_time(moments[::-1])):
            assert [moment.event.event_id for moment in found] == ["u", "z", "a", "b", "c"]


def test_an_event_that_names_itself_as_its_cause_is_a_root():
    (moment,) = timeline([event("u", "ImageUploaded", 0, "u")])
    assert (moment.cause, moment.depth) == (None, 0)
