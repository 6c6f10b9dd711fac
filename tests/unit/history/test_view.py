"""What the API and the command show of an item and of a log."""

from __future__ import annotations

from imagebus.history.fold import fold
from imagebus.history.required import DEFAULT, Required
from imagebus.history.timeline import timeline
from imagebus.history.view import details, summary
from imagebus.history.view import timeline as shown
from imagebus.testing import ManualClock
from tests.unit.core.events import KEY, processed, recorded, story

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


def test_a_timeline_lasts_from_the_first_event_to_the_last():
    log = events()
    found = shown(log)
    assert (found.key, found.revision) == (KEY, log[0].revision)
    assert found.duration_ms == 600
    assert [event.type for event in found.events] == [event.detail_type for event in log]
    assert [event.source for event in found.events] == [event.source for event in log]


def test_every_moment_names_its_producer():
    assert [moment.producer for moment in timeline(events())][:2] == ["ingest", "validator"]
