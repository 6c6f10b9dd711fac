"""Looking back: what was known at a moment is the fold of the events that had occurred by then."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagebus.clock import parse_moment, timestamp
from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent, known_at
from imagebus.history.required import DEFAULT, Required
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, ManualClock, status_table
from tests.unit.core.events import FIRST, KEY, SECOND, deleted, failure, processed, recorded, story, uploaded

REQUIRED = Required.parse(DEFAULT)


def stored(events: list[RecordedEvent]) -> DynamoDBEventStore:
    store = DynamoDBEventStore(InMemoryDynamoDB({"status": status_table()}, 3), "status")  # type: ignore[arg-type]
    for event in events:
        store.append(event)
    return store


def overwritten(overlap: float) -> list[RecordedEvent]:
    """An image that was overwritten while its first upload was still being processed, and then deleted."""
    first, second = ManualClock(), ManualClock()
    second.advance(overlap)
    events = [*story(clock=first), *story(rev=SECOND, clock=second)]
    events += [failure(events[1], "thumbnailer", clock=first), processed(story(rev=SECOND), clock=second)]
    return [recorded(event) for event in events]


@settings(deadline=None, max_examples=60)
@given(st.floats(0, 2), st.randoms(use_true_random=False))
def test_for_every_prefix_of_the_log_the_past_is_its_fold(overlap: float, order):
    log = overwritten(overlap)
    arrived = list(log)
    order.shuffle(arrived)
    store = stored(arrived)
    for last in log:
        prefix = [event for event in log if event.occurred_at <= last.occurred_at]
        assert fold(store.known_at(KEY, last.occurred_at), REQUIRED) == fold(prefix, REQUIRED)


def test_the_last_moment_shows_what_is_known_now():
    store = stored(overwritten(0.25))
    assert store.known_at(KEY, "9999-12-31T23:59:59.999Z") == store.latest(KEY)


def test_nothing_is_known_before_the_first_event():
    first = recorded(uploaded())
    assert known_at([first], "2000-01-01T00:00:00.000Z") == []
    assert known_at([first], first.occurred_at) == [first]


def test_another_team_s_fact_opens_no_revision_in_the_past_either():
    log = [recorded(event) for event in story()]
    meta = {**log[-1].meta, "revision": SECOND, "event_id": "foreign"}
    foreign = RecordedEvent("their.team", "ImageTagged", {"meta": meta, "data": {}})
    assert known_at([foreign, *log], "~") == log


def test_a_deleted_image_was_there_before_its_deletion():
    clock = ManualClock()
    log = [recorded(event) for event in story(clock=clock)]
    gone = recorded(deleted(rev=SECOND))
    object.__setattr__(
        gone, "detail", {**gone.detail, "meta": {**gone.meta, "occurred_at": timestamp(clock.now())}}
    )
    store = stored([*log, gone])
    assert fold(store.known_at(KEY, log[-2].occurred_at), REQUIRED)["revision"] == FIRST
    assert fold(store.known_at(KEY, gone.occurred_at), REQUIRED)["status"] == "deleted"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T08:00:00Z", "2026-11-21T08:00:00.000Z"),
        ("2026-11-21t08:00:00.1239z", "2026-11-21T08:00:00.123Z"),
        ("2026-11-21T09:30:00+01:30", "2026-11-21T08:00:00.000Z"),
        ("2026-11-21", "2026-11-21T00:00:00.000Z"),
        ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:60-01:00", "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_is_an_rfc_3339_time_or_a_date(text: str, expected: str):
    assert timestamp(parse_moment(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-21T08:00:00",
        "2026-11-21T08:00:00 01:00",
        "2026-11-21T24:00:01Z",
        "2026-13-01",
        "20261121",
        "\u0968026-11-21",
        "2026-11-21T08:00:61Z",
    ],
)
def test_anything_else_is_refused(text: str):
    with pytest.raises(ValueError, match=r".+"):
        parse_moment(text)
