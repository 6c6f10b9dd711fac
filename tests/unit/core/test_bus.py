"""Accepted entries are never resent; refused ones are resent until they are accepted, or raise an error."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.bus import MAX_BYTES, EventBridgeBus, EventTooLarge, PublishError, bus_entry, entry_bytes
from imagebus.testing import InMemoryEventBridge, ManualClock
from tests.unit.core.events import uploaded


def published(client: InMemoryEventBridge) -> list[str]:
    return [event["detail"]["meta"]["image_key"] for _, event in client.archive]


def sent(client: InMemoryEventBridge) -> list[list[str]]:
    return [[entry["Resources"][0].rsplit("/", 1)[1] for entry in call] for call in client.calls]


def test_every_way_in_which_ten_entries_can_partly_fail():
    """For all 1,023 combinations: failed entries are resent once, accepted ones are not, none is lost."""
    events = [uploaded(f"{number}.jpg") for number in range(10)]
    keys = [f"{number}.jpg" for number in range(10)]
    for failing in range(1, 1024):
        refused = {keys[bit] for bit in range(10) if failing >> bit & 1}
        client = InMemoryEventBridge()
        client.refuses = lambda entry, client=client, refused=refused: (  # type: ignore[misc]
            len(client.calls) == 1 and entry["Resources"][0].rsplit("/", 1)[1] in refused
        )
        EventBridgeBus(client, "bus", ManualClock()).publish(events)  # type: ignore[arg-type]
        assert sorted(published(client)) == keys
        assert sent(client) == [keys, [key for key in keys if key in refused]]


def test_what_stays_refused_is_an_error_and_the_others_are_out_once():
    client = InMemoryEventBridge(refuses=lambda entry: "bad" in entry["Resources"][0])
    clock = ManualClock()
    with pytest.raises(PublishError, match="1 events were refused 5 times: ThrottlingException"):
        EventBridgeBus(client, "bus", clock).publish([uploaded("good.jpg"), uploaded("bad.jpg")])  # type: ignore[arg-type]
    assert published(client) == ["good.jpg"]
    assert len(client.calls) == 5
    assert clock.slept == sorted(clock.slept)
    assert sum(clock.slept) < 3


def test_twenty_five_events_are_three_calls():
    client = InMemoryEventBridge()
    EventBridgeBus(client, "bus", ManualClock()).publish([uploaded(f"{n}.jpg") for n in range(25)])  # type: ignore[arg-type]
    assert [len(call) for call in client.calls] == [10, 10, 5]


def test_no_events_are_no_call():
    client = InMemoryEventBridge()
    EventBridgeBus(client, "bus", ManualClock()).publish([])  # type: ignore[arg-type]
    assert client.calls == []


def test_a_call_stays_below_the_size_limit_of_the_service():
    entry: dict[str, Any] = bus_entry(uploaded(), "bus")
    entry["Detail"] = "x" * 60_000
    client = InMemoryEventBridge()
    client._put = lambda _entry: {"EventId": "1"}  # type: ignore[method-assign]
    EventBridgeBus(client, "bus", ManualClock()).put([dict(entry) for _ in range(7)])  # type: ignore[arg-type]
    assert [len(call) for call in client.calls] == [3, 3, 1]
    assert all(sum(map(entry_bytes, call)) <= MAX_BYTES for call in client.calls)


def test_an_event_over_64_kb_is_refused_before_it_is_sent():
    entry: dict[str, Any] = bus_entry(uploaded(), "bus") | {"Detail": "é" * 33_000}
    client = InMemoryEventBridge()
    with pytest.raises(EventTooLarge, match="ImageUploaded"):
        EventBridgeBus(client, "bus", ManualClock()).put([entry])  # type: ignore[arg-type]
    assert client.calls == []


def test_the_entry_names_the_object_and_carries_the_time_of_the_fact():
    entry = bus_entry(uploaded("a+b %2B/漢字.jpg"), "bus")
    assert entry["Resources"] == ["arn:aws:s3:::uploads/a+b %2B/漢字.jpg"]
    assert entry["Source"] == "imagebus.ingest"
    assert f"{entry['Time']:%Y-%m-%dT%H:%M:%S}" == "2026-01-02T03:04:05"
