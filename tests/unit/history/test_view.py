"""What the API and the command show of an item and of a log."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

from pydantic import Field

from imagebus.history.fold import fold
from imagebus.history.required import DEFAULT, Required
from imagebus.history.timeline import timeline
from imagebus.history.view import View, details, summary
from imagebus.history.view import timeline as shown
from imagebus.testing import ManualClock
from tests.unit.core.events import KEY, failure, processed, recorded, story

REQUIRED = Required.parse(DEFAULT)


def events():
    clock = ManualClock()
    facts = story(clock=clock)
    clock.advance(0.1)
    return [recorded(event) for event in [*facts, processed(facts, clock=clock)]]


def test_an_item_has_no_empty_attributes():
    assert None not in fold(events(), REQUIRED).values()


def test_a_summary_names_the_image_its_sizes_and_its_thumbhash():
    item = fold(events(), REQUIRED)
    found = summary(item)
    assert (found.key, found.status, found.created_at) == (KEY, "completed", item["created_at"])
    assert found.size == item["size"]
    assert found.processed_size == item["watermarked"]["bytes"]
    assert found.thumbhash == item["metadata"]["thumbhash"] is not None
    assert details(item).key == KEY


def test_details_describe_what_is_shown_without_its_place():
    item = fold(events(), REQUIRED)
    found = details({**item, "still": True})
    assert found.still is True
    copy = {name: item["watermarked"][name] for name in ("width", "height", "format", "bytes")}
    assert found.as_json()["watermarked"] == copy
    assert [each.bytes for each in found.thumbnails] == [each["bytes"] for each in item["thumbnails"]]


def test_a_timeline_lasts_from_the_first_event_to_the_last():
    log = events()
    found = shown(log)
    assert (found.key, found.revision) == (KEY, log[0].revision)
    assert found.duration_ms == 600
    assert [event.type for event in found.events] == [event.detail_type for event in log]
    assert [event.source for event in found.events] == [event.source for event in log]


def test_what_is_shown_is_json_without_empty_fields_and_under_its_public_names():
    class Named(View):
        from_: Annotated[str, Field(serialization_alias="from")]
        nothing: str | None = None
        day: date

    assert Named(from_="a", day=date(2026, 11, 27)).as_json() == {"from": "a", "day": "2026-11-27"}


def test_an_event_is_shown_with_its_cause_its_usage_and_no_place_in_a_bucket():
    clock = ManualClock()
    facts = story(clock=clock)
    log = [recorded(event) for event in [*facts, failure(facts[1], "thumbnailer", clock=clock)]]
    found = {event.type: event for event in shown(log).events}
    uploaded, validated = found["ImageUploaded"], found["ImageValidated"]
    assert (uploaded.stage, uploaded.caused_by, uploaded.ms, uploaded.offset_ms) == ("ingest", None, None, 0)
    assert (validated.stage, validated.caused_by) == ("validator", uploaded.event_id)
    assert validated.ms == validated.offset_ms == 100
    for event in log:
        assert found[event.detail_type].usage == event.meta.get("usage", {})
        assert found[event.detail_type].occurred_at == event.occurred_at
        assert found[event.detail_type].event_id == event.event_id
    assert any(event.usage for event in found.values())
    failed = found["ProcessingFailed"]
    assert failed.stage == "thumbnailer"
    assert failed.data.keys() == {"stage", "error_type", "message", "attempts"}
    text = json.dumps([event.as_json() for event in found.values()])
    for place in ("bucket", "etag", '"key"', "failed_event"):
        assert place not in text
    assert {"name", "width", "sha256"} <= found["ThumbnailsCreated"].data["items"][0].keys()


def test_every_moment_names_its_producer():
    assert [moment.producer for moment in timeline(events())][:2] == ["ingest", "validator"]


def test_a_failure_that_its_stage_has_made_up_for_is_not_shown():
    clock = ManualClock()
    facts = story(clock=clock)
    failures = [failure(facts[1], stage, clock=clock) for stage in ("thumbnailer", "recorder", "notifier")]
    clock.advance(0.1)
    again = story(clock=clock)[2:]
    log = [recorded(event) for event in [*facts[:2], *failures, *again, processed(again, clock=clock)]]
    item = fold(log, REQUIRED)
    assert (item["status"], len(item["failures"])) == ("completed", 3)
    assert [each.stage for each in details(item).failures] == ["notifier"]
    before = fold(
        [each for each in log if each.detail_type in ("ImageUploaded", "ImageValidated", "ProcessingFailed")],
        REQUIRED,
    )
    assert {each.stage for each in details(before).failures} == {"thumbnailer", "recorder", "notifier"}
