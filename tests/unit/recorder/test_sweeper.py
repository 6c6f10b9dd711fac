"""Every image is finished, and none counts as stalled because of a replay."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from imagebus.listing import ImageIndex
from imagebus.testing import InMemoryEventBridge, sqs_record
from recorder.replays import EventBridgeReplays
from recorder.sweeper import SweepIncomplete, sweep
from tests.unit.core.events import KEY, envelope, recorded, story, uploaded
from tests.unit.recorder.test_recorder import Bench

STALLED_AFTER = 900
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/imagebus-events"


class Sweeping(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.index = ImageIndex(self.dynamodb, "t")  # type: ignore[arg-type]
        self.events = InMemoryEventBridge(clock=self.clock)

    def sweep(self) -> dict[str, int]:
        replays = EventBridgeReplays(self.events, "imagebus-events", self.clock, STALLED_AFTER)  # type: ignore[arg-type]
        counts = sweep(self.index, self.recorder, replays, self.clock, STALLED_AFTER)
        return {name: count for name, count in counts.items() if count}

    def replay(self, source: str = ARCHIVE) -> None:
        now = self.clock.now()
        self.events.start_replay(
            ReplayName="r", EventSourceArn=source, EventStartTime=now - timedelta(days=1), EventEndTime=now
        )


@pytest.fixture
def bench() -> Sweeping:
    return Sweeping()


def test_an_image_whose_facts_do_not_come_is_stalled_once(bench: Sweeping):
    bench.receive(*story()[:3])
    bench.clock.advance(STALLED_AFTER - 1)
    assert bench.sweep() == {}
    bench.clock.advance(2)
    assert bench.sweep() == {"stalled": 1}
    assert bench.bus.events[0].data.missing == (
        "ImageWatermarked",
        "MetadataExtracted",
        "LabelsDetected|LabelsSkipped",
    )
    assert bench.bus.events[0].data.waited_s == 901
    assert (bench.item["status"], bench.item["reason"]) == ("failed", "stalled")
    assert bench.sweep() == {}


def test_a_complete_image_that_was_never_announced_is_announced(bench: Sweeping):
    bench.receive(*story(), **{"replay-name": "r"})
    assert bench.sweep() == {}, "the recorder itself may be at it"
    bench.clock.advance(61)
    assert bench.sweep() == {"announced": 1}
    assert bench.item["status"] == "completed"


@pytest.mark.parametrize("since_its_end", [None, STALLED_AFTER - 1])
def test_during_a_replay_and_shortly_after_it_nothing_is_stalled(bench: Sweeping, since_its_end: int | None):
    bench.receive(*story()[:3], **{"replay-name": "r"})
    bench.clock.advance(86_400)
    bench.replay()
    if since_its_end:
        bench.events.finish_replay("r")
        bench.clock.advance(since_its_end)
    assert bench.sweep() == {"held": 1}
    assert bench.bus.types == []


def test_after_the_replay_what_is_still_missing_is_stalled(bench: Sweeping):
    bench.receive(*story()[:3], **{"replay-name": "r"})
    bench.replay()
    bench.events.finish_replay("r")
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {"stalled": 1}


def test_a_replay_of_another_archive_is_none_of_its_business(bench: Sweeping):
    bench.receive(uploaded())
    bench.clock.advance(STALLED_AFTER + 1)
    bench.replay("arn:aws:events:us-east-1:000000000000:archive/somebody-elses")
    assert bench.sweep() == {"stalled": 1}


def test_replays_are_found_on_every_page(bench: Sweeping):
    pages: list[dict[str, Any]] = [
        {"Replays": [], "NextToken": "more"},
        {"Replays": [{"EventSourceArn": ARCHIVE, "State": "RUNNING"}]},
    ]
    bench.events.list_replays = lambda **request: pages[bool(request)]  # type: ignore[method-assign]
    bench.receive(uploaded())
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {"held": 1}


def test_one_image_that_cannot_be_folded_does_not_keep_the_others_from_their_end(bench: Sweeping):
    bench.receive(uploaded("bad.jpg"), uploaded("good.jpg"))
    future = recorded(uploaded("bad.jpg"))
    future.detail["meta"]["schema_version"] = 99  # type: ignore[index]
    bench.table.partitions["bad.jpg"][next(iter(bench.table.partitions["bad.jpg"]))]["event"] = {
        "S": future.canonical
    }
    bench.clock.advance(STALLED_AFTER + 1)
    with pytest.raises(SweepIncomplete, match="1 images"):
        bench.sweep()
    assert [event.meta.image_key for event in bench.bus.events] == ["good.jpg"]


def test_a_date_that_no_calendar_has_does_not_stop_the_sweep(bench: Sweeping):
    """The contract's pattern accepts it."""
    impossible = envelope(uploaded("bad.jpg"))
    impossible["detail"]["meta"]["occurred_at"] = "2026-02-31T00:00:00.000Z"
    assert bench.inbox({"Records": [sqs_record(json.dumps(impossible))]})["batchItemFailures"] == []
    bench.receive(uploaded("good.jpg"))
    bench.clock.advance(86_400 * 90)
    with pytest.raises(SweepIncomplete, match="1 images"):
        bench.sweep()
    assert [event.meta.image_key for event in bench.bus.events] == ["good.jpg"]


def test_images_in_work_are_not_read_one_by_one(bench: Sweeping):
    """A flood must not starve the sweeper: an index read gives it the due images."""
    bench.receive(*story()[:3])
    bench.clock.advance(120)
    bench.store.latest = lambda key: pytest.fail("read the log")  # type: ignore[method-assign]
    assert bench.sweep() == {}


def test_an_image_that_made_progress_since_the_index_was_read_is_left_alone(bench: Sweeping):
    bench.receive(*story()[:3])
    listed = list(bench.index.with_status("processing"))
    bench.receive(*story())
    bench.index.with_status = lambda *_: iter(listed)  # type: ignore[method-assign]
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {}
    assert bench.item["status"] == "completed"
    assert bench.item["image_key"] == KEY
