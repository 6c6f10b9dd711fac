"""Every image is finished, and none counts as stalled because of a replay."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from botocore.exceptions import ClientError

from imagebus.clock import timestamp
from imagebus.identity import SHARDS, shard
from imagebus.listing import ImageIndex
from imagebus.naming import REPLAY_ELSEWHERE
from imagebus.testing import InMemoryEventBridge, InMemorySQS, ManualClock, sqs_record
from recorder import sweeper
from recorder.replays import Backlog, EventBridgeReplays, SQSBacklog
from recorder.sweeper import BATCH, SweepIncomplete, sweep
from tests.unit.core.events import KEY, SECOND, asked, envelope, failure, recorded, story, uploaded
from tests.unit.recorder.test_recorder import Bench

STALLED_AFTER = 900
ARCHIVE = "arn:aws:events:us-east-1:000000000000:archive/imagebus-events"


class Sweeping(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.index = ImageIndex(self.dynamodb, "t")  # type: ignore[arg-type]
        self.events = InMemoryEventBridge(clock=self.clock)
        self.sqs = InMemorySQS(self.clock)
        self.backlog: Backlog | None = None

    def sweep(self) -> dict[str, int]:
        replays = EventBridgeReplays(
            self.events,  # type: ignore[arg-type]
            "imagebus-events",
            self.clock,
            STALLED_AFTER,
            backlog=self.backlog,
        )
        counts = sweep(self.index, self.recorder, replays, self.clock, STALLED_AFTER)
        return {name: count for name, count in counts.items() if count}

    def replay(self, source: str = ARCHIVE, name: str = "r") -> None:
        now = self.clock.now()
        self.events.start_replay(
            ReplayName=name,
            EventSourceArn=source,
            EventStartTime=now - timedelta(days=1),
            EventEndTime=now,
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
        "ImageWatermarked|WatermarkSkipped",
        "MetadataExtracted",
        "LabelsDetected|LabelsSkipped",
    )
    assert bench.bus.events[0].data.waited_s == 901
    assert (bench.item["status"], bench.item["reason"]) == ("failed", "stalled")
    assert bench.sweep() == {}


def test_a_sweep_says_what_it_did_also_if_it_was_nothing(bench: Sweeping):
    replays = EventBridgeReplays(bench.events, "a", bench.clock, STALLED_AFTER)  # type: ignore[arg-type]
    counts = sweep(bench.index, bench.recorder, replays, bench.clock, STALLED_AFTER)
    assert counts == {"announced": 0, "stalled": 0, "held": 0, "failed": 0, "unread": 0}


def test_one_sweep_stalls_every_image_that_is_due(bench: Sweeping):
    for number in range(BATCH + 5):
        bench.receive(uploaded(f"{number}.jpg"))
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {"stalled": BATCH + 5}


def test_a_complete_image_that_was_never_announced_is_announced(bench: Sweeping):
    bench.receive(*story(), **{"replay-name": "r"})
    bench.clock.advance(59)
    assert bench.sweep() == {}, "the recorder itself may be at it"
    bench.clock.advance(2)
    assert bench.sweep() == {"announced": 1}
    assert bench.item["status"] == "completed"


def test_a_complete_image_is_announced_when_it_is_known_what_it_is_or_nothing_more_comes(bench: Sweeping):
    _, validated, *facts = story()
    bench.receive(*facts)
    assert bench.bus.types == []
    bench.clock.advance(61)
    assert bench.sweep() == {}
    bench.clock.advance(STALLED_AFTER)
    assert bench.sweep() == {"announced": 1}
    assert bench.bus.types == ["ImageProcessed"]
    bench.receive(validated)
    assert bench.bus.types == ["ImageProcessed"]


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


@pytest.mark.parametrize("state", ["COMPLETED", "CANCELLED", "FAILED"])
def test_a_replay_that_ended_in_any_way_is_over(bench: Sweeping, state: str):
    bench.receive(*story()[:3])
    bench.replay()
    bench.events.replays["r"] |= {"State": state, "ReplayEndTime": bench.clock.now()}
    bench.clock.advance(2 * STALLED_AFTER + 1)
    assert bench.sweep() == {"stalled": 1}


def test_a_replay_of_another_archive_is_none_of_its_business(bench: Sweeping):
    bench.receive(uploaded())
    bench.clock.advance(STALLED_AFTER + 1)
    bench.replay("arn:aws:events:us-east-1:000000000000:archive/somebody-elses")
    assert bench.sweep() == {"stalled": 1}


def test_after_an_outage_the_age_counts_from_the_facts_that_the_retry_brought(bench: Sweeping):
    bench.clock.advance(STALLED_AFTER * 3)
    clock = ManualClock()
    first, validated, *facts = story(clock=clock)
    clock.advance(STALLED_AFTER * 3 - 10)
    bench.receive(first, failure(first, "validator", clock=clock))
    assert bench.item["status"] == "failed"
    late = replace(
        validated, meta=msgspec.structs.replace(validated.meta, occurred_at=timestamp(clock.now()))
    )
    bench.receive(late, *facts[:1])
    assert bench.item["status"] == "processing"
    assert bench.sweep() == {}
    bench.clock.advance(STALLED_AFTER)
    assert bench.sweep() == {"stalled": 1}


def test_a_late_event_that_comes_first_is_no_stall_until_it_has_waited(bench: Sweeping):
    bench.clock.advance(STALLED_AFTER * 8)
    bench.receive(uploaded())
    assert bench.sweep() == {"held": 1}
    bench.clock.advance(STALLED_AFTER - 1)
    bench.receive(uploaded())
    assert bench.sweep() == {"held": 1}
    bench.clock.advance(2)
    assert bench.sweep() == {"stalled": 1}


def test_facts_that_arrive_late_are_news_and_so_may_be_the_missing_ones(bench: Sweeping):
    first, *facts = story()
    bench.receive(first)
    bench.clock.advance(STALLED_AFTER - 100)
    bench.receive(facts[0])
    bench.clock.advance(101)
    assert bench.sweep() == {"held": 1}
    bench.receive(facts[0])
    bench.clock.advance(STALLED_AFTER - 100)
    assert bench.sweep() == {"stalled": 1}, "the second copy is not news"


def test_late_news_is_no_stall_even_if_the_recorder_died_right_after_it_was_logged(bench: Sweeping):
    first, *facts = story()
    bench.receive(first)
    bench.clock.advance(STALLED_AFTER + 1)
    with (
        pytest.raises(KeyboardInterrupt),
        patch.object(bench.recorder, "project", side_effect=KeyboardInterrupt),
    ):
        bench.receive(facts[0])
    assert bench.sweep() == {"held": 1}


@pytest.mark.parametrize(("age", "outcome"), [(300, "stalled"), (301, "held")])
def test_facts_that_arrive_within_five_minutes_count_from_when_they_occurred(
    bench: Sweeping, age: float, outcome: str
):
    first, *facts = story()
    bench.receive(first)
    bench.clock.advance(age + 0.1)  # the first fact occurred a tenth of a second after the upload
    bench.receive(facts[0])
    bench.clock.advance(STALLED_AFTER - age)
    assert bench.sweep() == {outcome: 1}


def test_late_news_of_a_replaced_upload_does_not_delay_the_stall_of_its_successor(bench: Sweeping):
    old, *facts = story()
    bench.clock.advance(STALLED_AFTER)
    successor = uploaded(rev=SECOND, clock=bench.clock)
    bench.clock.advance(200)
    bench.receive(old, facts[0], successor)
    bench.clock.advance(STALLED_AFTER - 199)
    assert bench.sweep() == {"stalled": 1}


def test_while_the_recorder_has_a_replays_backlog_nothing_is_stalled(bench: Sweeping):
    url = bench.sqs.add_queue("recorder")
    bench.backlog = SQSBacklog(lambda: bench.sqs, url)  # type: ignore[arg-type,return-value]
    bench.receive(*story()[:3], **{"replay-name": "r"})
    bench.replay()
    bench.events.finish_replay("r")
    bench.sqs.send_message(QueueUrl=url, MessageBody="one of the replay's")
    bench.clock.advance(STALLED_AFTER * 10)
    assert bench.sweep() == {"held": 1}
    (message,) = bench.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    assert bench.sweep() == {"held": 1}, "it is being handled"
    bench.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert bench.sweep() == {"stalled": 1}


def test_a_full_inbox_without_a_replay_is_no_reason_to_wait(bench: Sweeping):
    url = bench.sqs.add_queue("recorder")
    bench.backlog = SQSBacklog(lambda: bench.sqs, url)  # type: ignore[arg-type,return-value]
    bench.sqs.send_message(QueueUrl=url, MessageBody="a busy day")
    bench.receive(uploaded())
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {"stalled": 1}


def test_a_replay_to_other_consumers_does_not_suspend_stalls(bench: Sweeping):
    bench.receive(uploaded())
    bench.clock.advance(STALLED_AFTER + 1)
    bench.replay(name=f"{REPLAY_ELSEWHERE}20260301")
    assert bench.sweep() == {"stalled": 1}


def test_replays_are_found_on_every_page(bench: Sweeping):
    pages: list[dict[str, Any]] = [
        {"Replays": [], "NextToken": "more"},
        {"Replays": [{"EventSourceArn": ARCHIVE, "State": "RUNNING"}]},
    ]
    answers = dict(zip((frozenset(), frozenset({("NextToken", "more")})), pages, strict=True))
    bench.events.list_replays = lambda **request: answers[frozenset(request.items())]  # type: ignore[method-assign]
    bench.receive(uploaded())
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {"held": 1}


def unswept(caplog: pytest.LogCaptureFixture) -> list[object]:
    """By what the log says each image can be found."""
    return [vars(each)["listed_at"] for each in caplog.records if each.message == "not swept"]


def test_one_image_that_cannot_be_folded_does_not_keep_the_others_from_their_end(
    bench: Sweeping, caplog: pytest.LogCaptureFixture
):
    bench.receive(uploaded("bad.jpg"), uploaded("good.jpg"))
    listed_at = (bench.store.status("bad.jpg") or {})["listed_at"]
    future = recorded(uploaded("bad.jpg"))
    future.detail["meta"]["schema_version"] = 99  # type: ignore[index]
    bench.table.partitions["bad.jpg"][next(iter(bench.table.partitions["bad.jpg"]))]["event"] = {
        "S": future.canonical
    }
    bench.clock.advance(STALLED_AFTER + 1)
    with pytest.raises(SweepIncomplete, match="1 images"):
        bench.sweep()
    assert [event.meta.image_key for event in bench.bus.events] == ["good.jpg"]
    assert unswept(caplog) == [listed_at]


def test_an_image_that_cannot_be_announced_as_stalled_does_not_keep_the_others_from_their_end(
    bench: Sweeping, caplog: pytest.LogCaptureFixture
):
    bench.receive(uploaded("a.jpg"), uploaded("b.jpg"))
    bench.clock.advance(STALLED_AFTER + 1)
    bench.bus.fails = 1
    with pytest.raises(SweepIncomplete, match="1 images"):
        bench.sweep()
    (announced,) = (event.meta.image_key for event in bench.bus.events)
    (other,) = {"a.jpg", "b.jpg"} - {announced}
    assert unswept(caplog) == [(bench.store.status(other) or {})["listed_at"]]


def test_late_news_is_logged_also_if_the_log_cannot_be_read(bench: Sweeping):
    bench.receive(uploaded())
    rows = bench.table.partitions[KEY]
    rows[min(rows)]["event"] = {"S": "{"}
    bench.clock.advance(STALLED_AFTER)
    assert bench.receive(story()[1]) == ["0"]
    assert [row for row in rows if "ImageValidated" in json.dumps(rows[row])], sorted(rows)


def test_a_shard_that_cannot_be_read_does_not_keep_the_images_of_the_others_from_their_end(
    bench: Sweeping, caplog: pytest.LogCaptureFixture
):
    images = {shard(key): key for key in (f"{number}.jpg" for number in range(40))}
    assert len(images) == SHARDS
    bench.receive(*map(uploaded, images.values()))
    query = bench.dynamodb.query

    def throttled(**request: Any) -> Any:
        if request["ExpressionAttributeValues"].get(":shard") == {"S": "processing#1"}:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Query")
        return query(**request)

    bench.dynamodb.query = throttled  # type: ignore[method-assign]
    bench.clock.advance(STALLED_AFTER + 1)
    with pytest.raises(SweepIncomplete, match="0 images, 1 shards"):
        bench.sweep()
    assert {event.meta.image_key for event in bench.bus.events} == {*images.values()} - {images["1"]}
    assert [vars(each)["shard"] for each in caplog.records if each.message == "not swept"] == [1]


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
    bench.index.of_shard = lambda number, *_: iter([] if number else listed)  # type: ignore[method-assign]
    bench.clock.advance(STALLED_AFTER + 1)
    assert bench.sweep() == {}
    assert bench.item["status"] == "completed"
    assert bench.item["image_key"] == KEY


def test_an_image_that_waits_for_a_backfill_has_not_stalled(bench: Sweeping):
    events = story()
    bench.receive(*events, asked(events[1]))
    bench.clock.advance(10 * STALLED_AFTER)
    assert bench.sweep() == {}
    assert bench.bus.types == ["ImageProcessed"]


def test_a_failure_that_does_not_fail_the_image_is_news_too(bench: Sweeping):
    first = uploaded()
    bench.receive(first)
    bench.clock.advance(STALLED_AFTER - 100)
    bench.receive(failure(first, "cleaner", clock=bench.clock))
    bench.clock.advance(200)
    assert bench.sweep() == {}
    bench.clock.advance(STALLED_AFTER - 200)
    assert bench.sweep() == {"stalled": 1}


def test_a_day_after_a_replay_what_waits_in_the_inbox_is_not_its_own(bench: Sweeping):
    url = bench.sqs.add_queue("recorder")
    bench.backlog = SQSBacklog(lambda: bench.sqs, url)  # type: ignore[arg-type,return-value]
    bench.receive(uploaded())
    bench.replay()
    bench.events.finish_replay("r")
    bench.sqs.send_message(QueueUrl=url, MessageBody="a busy day")
    bench.clock.advance(86_399)
    assert bench.sweep() == {"held": 1}
    bench.clock.advance(1)
    assert bench.sweep() == {"stalled": 1}


def test_a_status_without_a_log_is_reported_by_what_it_lacks(
    bench: Sweeping, monkeypatch: pytest.MonkeyPatch
):
    class Log:
        errors: list[type[BaseException] | None] = []  # noqa: RUF012

        def exception(self, *_: Any, **__: Any) -> None:
            self.errors.append(sys.exc_info()[0])

        def info(self, *_: Any, **__: Any) -> None: ...

    monkeypatch.setattr(sweeper, "logger", Log)
    bench.receive(uploaded("bad.jpg"), uploaded("good.jpg"))
    rows = bench.table.partitions["bad.jpg"]
    del rows[next(iter(rows))]
    bench.clock.advance(STALLED_AFTER + 1)
    with pytest.raises(SweepIncomplete, match="1 images"):
        bench.sweep()
    assert Log.errors == [sweeper.WithoutLog]
    assert [event.meta.image_key for event in bench.bus.events] == ["good.jpg"]


def test_what_a_replay_brings_is_no_news(bench: Sweeping):
    bench.clock.advance(STALLED_AFTER + 1)
    bench.receive(*story()[:3], **{"replay-name": "r"})
    assert bench.sweep() == {"stalled": 1}


def test_late_news_counts_also_if_it_comes_with_news_of_a_replaced_upload(bench: Sweeping):
    bench.receive(uploaded(rev=SECOND))
    bench.clock.advance(STALLED_AFTER - 100)
    bench.receive(story()[2], story(rev=SECOND)[2])
    bench.clock.advance(200)
    assert bench.sweep() == {"held": 1}


def test_each_fact_is_news_when_it_occurred(bench: Sweeping):
    first, validated, *_ = story()
    bench.receive(first)
    bench.clock.advance(100)
    now = timestamp(bench.clock.now())
    bench.receive(replace(validated, meta=msgspec.structs.replace(validated.meta, occurred_at=now)))
    bench.clock.advance(STALLED_AFTER - 1)
    assert bench.sweep() == {}
    bench.clock.advance(1)
    assert bench.sweep() == {"stalled": 1}


def test_without_facts_and_failures_the_age_counts_from_the_first_event(bench: Sweeping):
    bench.receive(asked(story()[1]))
    bench.clock.advance(STALLED_AFTER - 1)
    assert bench.sweep() == {}
    bench.clock.advance(2)
    assert bench.sweep() == {"stalled": 1}


def test_replays_are_asked_for_only_if_something_has_stalled(bench: Sweeping):
    bench.events.list_replays = lambda **_: pytest.fail("asked")  # type: ignore[method-assign]
    bench.receive(*story(), **{"replay-name": "r"})
    bench.clock.advance(61)
    assert bench.sweep() == {"announced": 1}


def test_of_several_replays_one_that_runs_is_enough_to_wait(bench: Sweeping):
    bench.receive(uploaded())
    bench.replay(name="over")
    bench.events.finish_replay("over")
    bench.clock.advance(STALLED_AFTER + 1)
    bench.replay(name="running")
    assert bench.sweep() == {"held": 1}


@pytest.mark.parametrize("lasted", [0, 1000])
def test_a_replay_settles_from_its_end_or_if_that_is_unknown_from_its_start(bench: Sweeping, lasted: int):
    bench.receive(uploaded())
    bench.clock.advance(10)
    bench.replay()
    if lasted:
        bench.clock.advance(lasted)
        bench.events.finish_replay("r")
    else:
        bench.events.replays["r"]["State"] = "FAILED"
    bench.clock.advance(STALLED_AFTER - 1)
    assert bench.sweep() == {"held": 1}
    bench.clock.advance(1)
    assert bench.sweep() == {"stalled": 1}


def test_rows_have_the_keys_under_which_earlier_versions_wrote_them(bench: Sweeping):
    first = uploaded()
    bench.clock.advance(STALLED_AFTER)
    bench.receive(first)
    assert sorted(bench.table.partitions[KEY]) == [
        "ARRIVAL",
        f"EVENT#{first.meta.revision}#{first.meta.event_id}",
        "STATUS",
    ]


def test_news_of_a_replaced_upload_that_comes_alone_is_no_news_of_its_successor(bench: Sweeping):
    bench.receive(uploaded(rev=SECOND))
    bench.clock.advance(STALLED_AFTER - 100)
    bench.receive(story(rev=SECOND)[2])
    bench.clock.advance(200)
    bench.receive(*story()[:3])
    assert bench.sweep() == {"held": 1}, "the arrival of the successor's news is still known"
