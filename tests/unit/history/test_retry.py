"""A retry sends what has not been answered, and only that; then the image completes and is announced once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagebus.events import catalog
from imagebus.events.catalog import STAGE_NAMED, Stage
from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required, alternatives
from imagebus.history.retry import RetryRequest, plan_retry
from imagebus.retrying import Retrier
from imagebus.testing import ManualClock
from tests.unit.core.events import (
    KEY,
    AnEvent,
    answer,
    asked,
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
THUMBNAILS = 2


def planned(*events: AnEvent) -> list[tuple[str, tuple[str, ...]]]:
    requests = plan_retry([recorded(event) for event in events], REQUIRED)
    return [(request.detail_type, request.stages) for request in requests]


def without(number: int) -> list[AnEvent]:
    events = story()
    return events[:number] + events[number + 1 :]


def test_a_failed_event_is_sent_again_as_it_was_to_its_stage_and_no_other():
    events = without(THUMBNAILS)
    failed = failure(events[1], "thumbnailer", clock=CLOCK)
    (request,) = plan_retry([recorded(event) for event in [*events, failed]], REQUIRED)
    assert request == RetryRequest(envelope(events[1]), ("thumbnailer",))


def test_a_replayed_event_that_failed_is_sent_again_as_a_live_one():
    events = without(THUMBNAILS)
    failed = failure(events[1], "thumbnailer", clock=CLOCK, **{"replay-name": "r"})
    (request,) = plan_retry([recorded(event) for event in [*events, failed]], REQUIRED)
    assert "replay-name" not in request.envelope


def test_two_stages_that_failed_on_one_event_share_a_request():
    events = [each for each in story() if each.detail_type not in ("ThumbnailsCreated", "LabelsSkipped")]
    failures = [failure(events[1], stage, clock=CLOCK) for stage in ("thumbnailer", "labels")]
    assert planned(*events, *failures) == [("ImageValidated", ("labels", "thumbnailer"))]


def test_what_was_answered_since_is_not_sent_again():
    events = story()
    assert planned(*events, failure(events[1], "thumbnailer", clock=CLOCK)) == []
    assert planned(*events, failure(events[2], "recorder", clock=CLOCK)) == []
    assert planned(*events[:2], failure(events[2], "recorder", clock=CLOCK)) == [
        ("ThumbnailsCreated", ("recorder",))
    ]


def test_an_event_of_s3_goes_to_ingest():
    first = uploaded()
    s3_event = {"source": "aws.s3", "detail-type": "Object Created", "detail": {"object": {"key": "k"}}}
    assert planned(failure(first, "ingest", clock=CLOCK, **s3_event)) == [("Object Created", ("ingest",))]


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (1, [("ImageUploaded", ("validator",))]),
        (2, [("ImageValidated", ("thumbnailer", "watermarker", "metadata", "labels"))]),
        (5, [("ImageValidated", ("labels",))]),
        (6, []),
    ],
)
def test_the_outstanding_stages_of_a_stalled_image_get_what_they_listen_to(
    present: int, expected: list[object]
):
    events = story()
    assert planned(*events[:present], stalled(events[0], clock=CLOCK)) == expected


def test_a_stage_that_has_answered_is_not_asked_for_its_other_answer():
    """Detected labels are required and were skipped, or the reverse: an attempt would end the same way."""
    events = [recorded(event) for event in [*story(), stalled(story()[0], clock=CLOCK)]]
    (answer,) = {event.detail_type for event in events} & {"LabelsDetected", "LabelsSkipped"}
    (other,) = {"LabelsDetected", "LabelsSkipped"} - {answer}
    assert fold(events, Required.parse(other))["outstanding"] == [other]
    assert plan_retry(events, Required.parse(other)) == []


@pytest.mark.parametrize("stage", ["notifier", "cleaner", "somebody-elses"])
def test_a_failure_that_is_never_answered_does_not_block_the_outstanding_stages(stage: str):
    events = story()
    stall = stalled(events[0], clock=CLOCK)
    assert planned(*events[:2], stall, failure(stall, stage, clock=CLOCK)) == [
        ("ProcessingStalled", (stage,)),
        ("ImageValidated", ("thumbnailer", "watermarker", "metadata", "labels")),
    ]


def test_a_failed_stage_and_the_outstanding_ones_are_retried_in_one_go():
    events = story()
    assert planned(*events[:2], failure(events[1], "thumbnailer", clock=CLOCK)) == [
        ("ImageValidated", ("thumbnailer", "watermarker", "metadata", "labels"))
    ]


def test_an_image_that_is_being_processed_is_left_alone():
    events = story()
    assert planned(*events[:1]) == planned(*events[:2]) == planned(*events) == planned() == []


def test_finished_images_need_nothing():
    events = story()
    assert planned(*events, processed(events, clock=CLOCK)) == []
    assert planned(events[0], rejected(events[0], clock=CLOCK)) == []
    assert planned(*events[:2], deleted()) == []


def test_a_cleaner_that_failed_after_a_deletion_is_retried():
    gone = deleted()
    assert planned(gone, failure(gone, "cleaner", clock=CLOCK)) == [("ImageDeleted", ("cleaner",))]


def test_nothing_is_done_for_an_older_upload():
    events = story()
    newer = uploaded(rev=deleted().meta.revision)
    failed = failure(events[1], "labels", clock=CLOCK)
    assert planned(*events[:2], failed, newer, stalled(newer, clock=CLOCK)) == [
        ("ImageUploaded", ("validator",))
    ]


def test_an_event_of_the_log_is_sent_as_eventbridge_delivered_it():
    events = [uploaded("a+b %2B.jpg")]
    stall = stalled(events[0], clock=CLOCK)
    (request,) = plan_retry([recorded(event) for event in [*events, stall]], REQUIRED)
    sent = envelope(events[0])
    names = ("version", "source", "detail-type", "resources", "detail")
    assert {name: request.envelope[name] for name in names} == {name: sent[name] for name in names}
    assert request.envelope["time"] == events[0].meta.occurred_at
    assert request.envelope["id"] == events[0].meta.event_id
    assert RecordedEvent.from_envelope(request.envelope) == recorded(events[0])


def test_after_a_retry_the_image_completes_and_is_announced_once():
    bench = Bench()
    events = story()
    failed = failure(events[1], "thumbnailer", clock=bench.clock)
    bench.receive(*events[:2], *events[3:], failed)
    assert bench.item["status"] == "failed"
    bench.receive(failed)  # it failed again: the same event
    bench.receive(events[1], events[2])
    bench.receive(events[2])
    assert (bench.item["status"], bench.bus.types) == ("completed", ["ImageProcessed"])
    assert plan_retry(bench.store.latest(events[0].meta.image_key), REQUIRED) == []


# --- any log ---

STAGES = [*STAGE_NAMED, "somebody-elses"]


@st.composite
def logs(draw: st.DrawFn, key: str = KEY) -> list[RecordedEvent]:
    """Some facts of an image in any order, with failures of any stage on any of them."""
    events = story(key)
    kept: list[AnEvent] = [events[0], *draw(st.lists(st.sampled_from(events[1:]), unique_by=id))]
    if draw(st.booleans()):
        kept.append(stalled(events[0], clock=CLOCK))
    pairs = draw(st.lists(st.tuples(st.sampled_from(kept), st.sampled_from(STAGES)), max_size=4))
    failures = [failure(cause, stage, clock=CLOCK) for cause, stage in pairs]
    return draw(st.permutations([recorded(event) for event in [*kept, *failures]]))


@given(logs())
def test_a_retry_includes_every_unanswered_failure_and_every_outstanding_stage(log: list[RecordedEvent]):
    """Computed from the log alone, and differently from the planner."""
    types, ids = {event.detail_type for event in log}, {event.event_id for event in log}
    expected = set()
    for event in log:
        if event.detail_type == "ProcessingFailed":
            stage, failed = event.detail["data"]["stage"], event.detail["data"]["failed_event"]
            event_id = failed["detail"]["meta"]["event_id"]
            emits = STAGE_NAMED[stage].emits if stage in STAGE_NAMED else ()
            answered = event_id in ids if stage == "recorder" else bool(types.intersection(emits))
            if not answered:
                expected.add((stage, event_id))
    item = fold(log, REQUIRED)
    if item["status"] == "failed":
        by_type = {event.detail_type: event.event_id for event in log}
        missing = alternatives(item["outstanding"])
        for stage in ("thumbnailer", "watermarker", "metadata", "labels"):
            if missing.intersection(STAGE_NAMED[stage].emits) and "ImageValidated" in types:
                expected.add((stage, by_type["ImageValidated"]))
        if missing and "ImageValidated" not in types:
            expected.add(("validator", by_type["ImageUploaded"]))
    requests = plan_retry(log, REQUIRED)
    found = [(stage, request.envelope["detail"]["meta"]["event_id"]) for request in requests
             for stage in request.stages]  # fmt: skip
    assert set(found) == expected
    assert len(found) == len(expected), "nothing is sent twice"


@given(logs())
def test_what_is_planned_is_what_is_sent_each_event_to_its_own_stages_only(log: list[RecordedEvent]):
    queue = RecordingQueues()
    inboxes = {stage: f"queue://{stage}" for stage in STAGE_NAMED}
    result = Retrier(Log(log), lambda: queue, inboxes, REQUIRED).retry(KEY)  # type: ignore[arg-type,return-value]
    planned = [
        (stage, json.loads(json.dumps(request.envelope)))
        for request in plan_retry(log, REQUIRED)
        for stage in request.stages
    ]
    assert [(url.removeprefix("queue://"), json.loads(body)) for url, body in queue.sent] == [
        (stage, sent) for stage, sent in planned if stage in STAGE_NAMED
    ]
    assert set(result.unreachable) == {stage for stage, _ in planned} - STAGE_NAMED.keys()
    assert set(result.stages) == {stage for stage, _ in planned} & STAGE_NAMED.keys()


class Log:
    def __init__(self, events: list[RecordedEvent]) -> None:
        self._events = events

    def latest(self, _: str) -> list[RecordedEvent]:
        return self._events


class RecordingQueues:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    def send_message(self, **request: Any) -> None:
        self.sent.append((request["QueueUrl"], request["MessageBody"]))


def backfill(*more: AnEvent) -> list[AnEvent]:
    """A completed image that a backfill has asked for more."""
    events = story()
    return [*events, processed(events, clock=CLOCK), asked(events[1]), *more]


def test_a_failed_request_of_a_completed_image_is_sent_again_to_the_stages_that_failed():
    request = asked(story()[1])
    failed = [failure(request, stage, clock=CLOCK) for stage in ("thumbnailer", "watermarker")]
    assert planned(*backfill(*failed)) == [("DerivationRequested", ("thumbnailer", "watermarker"))]
    (again,) = plan_retry([recorded(event) for event in backfill(failed[0])], REQUIRED)
    assert again == RetryRequest(envelope(request), ("thumbnailer",))


def test_a_request_is_answered_by_its_recipe_and_by_no_other():
    validated = story()[1]
    request, other = asked(validated), asked(validated, "ffffffffffff")
    failed = failure(request, "thumbnailer", clock=CLOCK)
    assert planned(*backfill(failed, answer(other, "ffffffffffff"))) == [
        ("DerivationRequested", ("thumbnailer",))
    ]
    assert planned(*backfill(failed, answer(request))) == []


def test_an_earlier_request_for_the_recipe_is_answered_by_a_later_one_and_not_the_other_way_round():
    validated = story()[1]
    first, second = asked(validated), asked(validated, generation=1)
    assert planned(*backfill(failure(first, "thumbnailer", clock=CLOCK), answer(second, generation=1))) == []
    assert planned(*backfill(failure(second, "thumbnailer", clock=CLOCK), answer(first))) == [
        ("DerivationRequested", ("thumbnailer",))
    ]


def test_a_request_that_only_the_recorder_failed_on_is_retried_until_it_is_in_the_log():
    request = asked(story()[1])
    failed = failure(request, "recorder", clock=CLOCK)
    events = [event for event in backfill(failed) if event.detail_type != "DerivationRequested"]
    assert planned(*events) == [("DerivationRequested", ("recorder",))]
    assert planned(*events, request) == []


def test_a_request_that_broke_its_contract_stays_unanswered():
    failed = failure(asked(story()[1]), "thumbnailer", clock=CLOCK)
    failed.data.failed_event["detail"] = {**failed.data.failed_event["detail"], "data": []}
    assert planned(*backfill(failed)) == [("DerivationRequested", ("thumbnailer",))]


def test_a_request_that_an_unknown_stage_failed_on_stays_unanswered():
    """As of a newer version, after which an older one was deployed."""
    request = asked(story()[1])
    failed = failure(request, "of-tomorrow", clock=CLOCK)
    assert planned(*backfill(failed, answer(request))) == [("DerivationRequested", ("of-tomorrow",))]


def test_a_stage_that_has_what_it_listens_to_waits_for_nobody(monkeypatch: pytest.MonkeyPatch):
    """Either of two facts may start it. The other one is not made for its sake."""
    either = Stage("mosaic", ("ThumbnailsCreated", "MetadataExtracted"), ("MosaicCreated",))
    monkeypatch.setattr("imagebus.history.retry.STAGES", (*catalog.STAGES, either))
    events = [event for event in story() if event.detail_type != "MetadataExtracted"]
    log = [recorded(event) for event in [*events, stalled(events[0], clock=CLOCK)]]
    requests = plan_retry(log, Required.parse("MosaicCreated"))
    assert [(each.detail_type, each.stages) for each in requests] == [("ThumbnailsCreated", ("mosaic",))]


def test_an_event_that_names_no_bucket_is_about_no_object(monkeypatch: pytest.MonkeyPatch):
    """As EventBridge delivers it: with an empty list."""
    listing = Stage("gallery", ("MetadataExtracted",), ("GalleryUpdated",))
    monkeypatch.setattr("imagebus.history.retry.STAGES", (*catalog.STAGES, listing))
    log = [recorded(event) for event in [*story(), stalled(story()[0], clock=CLOCK)]]
    (request,) = plan_retry(log, Required.parse("GalleryUpdated"))
    sent = envelope(story()[4])
    assert (request.detail_type, request.envelope["resources"]) == ("MetadataExtracted", sent["resources"])
    assert sent["resources"] == []
