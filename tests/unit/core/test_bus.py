"""Accepted entries are never resent; refused ones are resent until they are accepted, or raise an error."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from imagebus.bus import (
    MAX_BYTES,
    EventBridgeBus,
    EventTooLarge,
    PublishError,
    bus_entry,
    entry_bytes,
    replays,
)
from imagebus.events import about_stack
from imagebus.events.recipes import RecipePromoted
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


def test_the_size_of_an_entry_is_what_put_events_counts():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""
    entry = {"Source": "s", "DetailType": "é", "Detail": "x" * 10, "Resources": ["abc", "de"], "Time": 0}
    assert entry_bytes(entry) == 14 + 1 + 2 + 10 + 3 + 2


@pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
def test_64_kb_is_the_most_that_an_event_may_have(more: int, refused: bool):
    client = InMemoryEventBridge()
    client._put = lambda _entry: {"EventId": "1"}  # type: ignore[method-assign]
    entry: dict[str, Any] = bus_entry(uploaded(), "bus") | {"Detail": ""}
    entry["Detail"] = "x" * (65_536 - entry_bytes(entry) + more)
    bus = EventBridgeBus(client, "bus", ManualClock())  # type: ignore[arg-type]
    if refused:
        with pytest.raises(EventTooLarge, match="65537 bytes; the limit is 65536"):
            bus.put([entry])
    else:
        bus.put([entry])
        assert len(client.calls) == 1


@pytest.mark.parametrize(("more", "calls"), [(0, [4, 4]), (1, [3, 4, 1])])
def test_a_call_has_at_most_240_000_bytes(more: int, calls: list[int]):
    client = InMemoryEventBridge()
    client._put = lambda _entry: {"EventId": "1"}  # type: ignore[method-assign]
    entries: list[dict[str, Any]] = [bus_entry(uploaded(), "bus") | {"Detail": ""} for _ in range(8)]
    for entry in entries:
        entry["Detail"] = "x" * (60_000 - entry_bytes(entry))
    entries[2]["Detail"] += "x" * more
    EventBridgeBus(client, "bus", ManualClock()).put(entries)  # type: ignore[arg-type]
    assert [len(call) for call in client.calls] == calls


def test_each_attempt_waits_twice_as_long_as_the_one_before():
    client = InMemoryEventBridge(refuses=lambda _: True)
    clock = ManualClock()
    with pytest.raises(PublishError):
        EventBridgeBus(client, "bus", clock).publish([uploaded()])  # type: ignore[arg-type]
    assert clock.slept == [0.1, 0.2, 0.4, 0.8]


def test_the_error_names_each_reason_once_in_order():
    client = InMemoryEventBridge()
    reasons = iter(["ThrottlingException", "InternalFailure", None, "InternalFailure"])
    answers = [{"ErrorCode": reason} if reason else {} for reason in reasons]
    client.put_events = lambda Entries: {"Entries": answers}  # type: ignore[method-assign]  # noqa: N803
    bus = EventBridgeBus(client, "bus", ManualClock(), attempts=1)  # type: ignore[arg-type]
    said = "4 events were refused 1 times: InternalFailure, ThrottlingException, unknown$"
    with pytest.raises(PublishError, match=said):
        bus.publish([uploaded(f"{n}.jpg") for n in range(4)])


def test_an_answer_about_fewer_entries_than_were_sent_is_an_error():
    client = InMemoryEventBridge()
    client.put_events = lambda Entries: {"Entries": [{"EventId": "1"}]}  # type: ignore[method-assign]  # noqa: N803
    with pytest.raises(ValueError, match="shorter"):
        EventBridgeBus(client, "bus", ManualClock()).publish([uploaded("1.jpg"), uploaded("2.jpg")])  # type: ignore[arg-type]


def test_entries_belong_to_the_trace_of_the_invocation(monkeypatch: pytest.MonkeyPatch):
    client = InMemoryEventBridge()
    bus = EventBridgeBus(client, "bus", ManualClock())  # type: ignore[arg-type]
    bus.publish([uploaded()])
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-2-3")
    bus.publish([uploaded()])
    assert [call[0].get("TraceHeader") for call in client.calls] == [None, "Root=1-2-3"]


def test_an_event_about_the_stack_names_no_object():
    data = RecipePromoted(number=1, to_set="s" * 12, from_set=None, by="kim", note=None)
    event = about_stack(data, stack="t", occurred_at="2026-01-02T03:04:05.000Z", discriminator="1")
    entry = bus_entry(event, "bus")
    assert (entry["EventBusName"], entry["Resources"]) == ("bus", [])
    assert entry["DetailType"] == "RecipePromoted"


def test_replays_of_the_archive_are_found_on_every_page():
    of = "arn:aws:events:us-east-1:000000000000:archive/"
    ours = {"ReplayName": "r", "EventSourceArn": f"{of}a", "State": "RUNNING", "ReplayStartTime": 1}
    ended = {"EventSourceArn": f"{of}a", "State": "FAILED", "ReplayStartTime": 1, "ReplayEndTime": 2}
    pages: list[dict[str, Any]] = [
        {"Replays": [ours, {**ours, "EventSourceArn": f"{of}b"}], "NextToken": "more"},
        {"Replays": [ended]},
    ]
    client: Any = SimpleNamespace(list_replays=lambda NextToken="": pages[NextToken == "more"])  # noqa: N803
    found = [(each.name, each.over, each.ended) for each in replays(client, "a")]
    assert found == [("r", False, 1), ("", True, 2)]
