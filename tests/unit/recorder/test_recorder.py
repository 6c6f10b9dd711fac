"""Append, fold, announce: concurrent recorders converge, and nothing is published while replaying."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from imagebus.events import StackEvent, caused_by
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.history.fold import canonical, fold
from imagebus.history.required import DEFAULT, Required
from imagebus.inbox import Inbox
from imagebus.projector import Contended
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, ManualClock, RecordingBus, sqs_record, status_table
from recorder.handler import image_key, record_group
from recorder.record import Recorder
from tests.tables import no_erasures
from tests.unit.core.events import (
    FIRST,
    KEY,
    SECOND,
    AnEvent,
    answer,
    asked,
    deleted,
    envelope,
    failure,
    processed,
    promoted,
    recorded,
    story,
    uploaded,
)

REQUIRED = Required.parse(DEFAULT)


class Bench:
    def __init__(self) -> None:
        self.table = status_table()
        self.dynamodb = InMemoryDynamoDB({"t": self.table})
        self.store = DynamoDBEventStore(self.dynamodb, "t")  # type: ignore[arg-type]
        self.bus = RecordingBus()
        self.clock = ManualClock()
        self.recorder = Recorder(self.store, self.bus, self.clock, REQUIRED, no_erasures())
        self.inbox = Inbox(lambda group: record_group(self.recorder, group), group_by=image_key)

    def receive(self, *events: AnEvent | StackEvent[Any], **more: Any) -> list[str]:
        records = [
            sqs_record(json.dumps(envelope(event, **more)), message_id=str(number))
            for number, event in enumerate(events)
        ]
        return [item["itemIdentifier"] for item in self.inbox({"Records": records})["batchItemFailures"]]

    @property
    def item(self) -> dict[str, Any]:
        item = self.store.status(KEY)
        assert item is not None
        assert canonical(item) == canonical(fold(self.store.latest(KEY), REQUIRED))
        return item

    @property
    def log(self) -> list[str]:
        return [event.detail_type for event in self.store.history(KEY)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_last_fact_completes_the_image_and_announces_it(bench: Bench):
    events = story()
    assert bench.receive(*events[:-1]) == []
    assert (bench.item["status"], bench.bus.types) == ("processing", [])
    assert bench.receive(events[-1]) == []
    assert (bench.item["status"], bench.bus.types) == ("completed", ["ImageProcessed"])
    final = bench.bus.events[0]
    assert final.meta.causation_id == events[-1].meta.event_id
    assert final.meta.correlation_id == events[0].meta.event_id
    assert final.data.duration_ms == 500


def test_every_delivery_of_everything_twice_announces_once(bench: Bench):
    for event in [*story(), *story()]:
        bench.receive(event)
    assert bench.bus.types == ["ImageProcessed"]
    assert sorted(bench.log) == sorted([event.detail_type for event in story()] + ["ImageProcessed"])


def test_fifty_deliveries_of_one_event_are_one_log_entry(bench: Bench):
    assert bench.receive(*[uploaded()] * 50) == []
    assert bench.log == ["ImageUploaded"]


def test_when_the_bus_refuses_the_final_event_the_delivery_fails_and_the_next_announces_it(bench: Bench):
    bench.bus.fails = 1
    assert bench.receive(*story()) == ["0", "1", "2", "3", "4", "5"]
    assert bench.item["status"] == "processing"
    assert bench.receive(story()[0]) == []
    assert (bench.item["status"], bench.bus.types) == ("completed", ["ImageProcessed"])


def test_while_replaying_nothing_is_published_whatever_is_missing(bench: Bench):
    assert bench.receive(*story(), **{"replay-name": "again"}) == []
    assert bench.bus.types == []
    assert bench.item["outstanding"] == []


def test_a_newer_upload_that_comes_first_is_not_overwritten_by_the_older_ones_facts(bench: Bench):
    bench.receive(uploaded(rev=SECOND))
    before = bench.item
    bench.receive(*story(rev=FIRST))
    assert bench.item == before
    assert bench.bus.types == []


def test_a_batch_about_several_images_is_handled_image_by_image(bench: Bench):
    broken = uploaded("other.jpg")
    records = [
        sqs_record(json.dumps(envelope(event)), message_id=event.meta.image_key)
        for event in (uploaded(), broken)
    ]
    records[1]["body"] = records[1]["body"].replace('"size": 1000', '"size": -1')
    answer = bench.inbox({"Records": records})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "other.jpg"}]}
    assert bench.item["status"] == "processing"
    assert bench.store.status("other.jpg") is None


def test_what_the_recorder_could_not_log_is_logged_from_the_failure_that_carries_it(bench: Bench):
    events = story()
    bench.receive(*events[:-1])
    bench.receive(failure(events[-1], "recorder", clock=bench.clock))
    assert (bench.item["status"], bench.bus.types) == ("completed", ["ImageProcessed"])


def test_a_failure_that_carries_what_broke_its_contract_is_logged_without_it(bench: Bench):
    bad = failure(uploaded(), "recorder", clock=bench.clock, detail={"meta": {}, "data": []})
    assert bench.receive(bad) == []
    assert bench.log == ["ProcessingFailed"]


@pytest.mark.parametrize("more", [{}, {"replay-name": "tuesday"}], ids=["live", "replayed"])
def test_what_is_about_the_stack_is_skipped_and_the_rest_of_the_batch_is_recorded(
    bench: Bench, capsys: pytest.CaptureFixture[str], more: dict[str, str]
):
    assert bench.receive(promoted(), uploaded(), promoted(2), **more) == []
    assert bench.log == ["ImageUploaded"]
    assert list(bench.table.partitions) == [KEY]
    assert "RecipePromoted" not in capsys.readouterr().out


def test_a_failure_that_carries_what_is_about_the_stack_is_logged_without_it(bench: Bench):
    first = uploaded()
    carrying = failure(first, "recorder", clock=bench.clock)
    carrying.data.failed_event.update(envelope(promoted()))
    assert bench.receive(first, carrying) == []
    assert sorted(bench.log) == ["ImageUploaded", "ProcessingFailed"]


def test_a_recorder_that_folded_less_does_not_overwrite_one_that_folded_more(bench: Bench):
    """Another recorder reads the log and writes the status between this one's read and write."""
    events = story()
    other = Recorder(bench.store, RecordingBus(), bench.clock, REQUIRED, no_erasures())
    real = bench.dynamodb.put_item
    interfered = False

    def put_item(**request: Any) -> Any:
        nonlocal interfered
        if request["Item"]["sk"]["S"] == "STATUS" and not interfered:
            interfered = True
            other.record(KEY, [recorded(event) for event in events], announce=True)
        return real(**request)

    bench.dynamodb.put_item = put_item  # type: ignore[method-assign]
    bench.receive(events[0])
    assert interfered
    assert bench.item["events"] == 7


def test_recorders_that_never_agree_leave_it_to_the_inbox(bench: Bench):
    bench.store.replace_status = lambda item, *_: False  # type: ignore[method-assign]
    with pytest.raises(Contended):
        bench.recorder.record(KEY, [recorded(uploaded())], announce=True)


def test_an_unchanged_item_is_not_written_again(bench: Bench):
    bench.receive(uploaded())
    bench.store.replace_status = lambda item, *_: pytest.fail("written")  # type: ignore[method-assign]
    assert bench.receive(uploaded()) == []


def test_a_wrong_projection_is_put_right_by_the_next_event(bench: Bench):
    """A bad deployment may keep the digest, change it or drop it."""
    for damage in ({"status": "banana"}, {"log_digest": "banana"}, {"log_digest": None}):
        bench.receive(uploaded())
        item = {**bench.item, **damage}
        if item["log_digest"] is None:
            del item["log_digest"]
        assert bench.store.replace_status(item, bench.item["log_digest"])
        bench.receive(uploaded())
        assert bench.item["status"] == "processing"


def test_of_a_duplicate_the_earlier_stays_in_whatever_order_they_come(bench: Bench):
    clock = ManualClock()
    clock.advance(7)
    early, late = uploaded(), uploaded(clock=clock)
    for order in ((early, late), (late, early)):
        other = Bench()
        other.receive(order[0])
        other.receive(order[1])
        assert other.store.latest(KEY) == [recorded(early)]


def test_the_final_event_that_comes_back_from_the_bus_changes_nothing(bench: Bench):
    bench.receive(*story())
    before = bench.item
    bench.receive(bench.bus.events[0])
    assert bench.item == before
    assert processed(story(), clock=bench.clock).meta.event_id == bench.bus.events[0].meta.event_id


def backfilled(bench: Bench) -> list[AnEvent]:
    """A completed image, and what a backfill asked of it and got."""
    events = story()
    bench.receive(*events)
    request = asked(events[1])
    return [request, answer(request)]


def test_a_backfill_announces_nothing_and_the_image_stays_completed(bench: Bench):
    later = backfilled(bench)
    before = bench.item
    assert bench.receive(*later, *later) == []
    assert (bench.item["status"], bench.bus.types) == ("completed", ["ImageProcessed"])
    assert {name for name in before if bench.item[name] != before[name]} == {
        "updated_at",
        "events",
        "log_digest",
    }
    assert list(bench.item["derived"]) == ["0c9f3a7d52e1"]


def test_a_failure_in_a_backfill_is_told_in_the_status_and_changes_nothing_else(bench: Bench):
    request, _ = backfilled(bench)
    assert bench.receive(request, failure(request, "thumbnailer", clock=bench.clock)) == []
    assert bench.item["status"] == "completed"
    assert [each["stage"] for each in bench.item["failures"]] == ["thumbnailer"]
    assert bench.bus.types == ["ImageProcessed"]


@pytest.mark.parametrize("later", [uploaded(rev=SECOND), deleted()], ids=["overwritten", "deleted"])
def test_the_facts_of_a_backfill_do_not_bring_back_an_upload_that_is_gone(bench: Bench, later: AnEvent):
    facts = backfilled(bench)
    bench.receive(later)
    before = bench.item
    assert bench.receive(*facts) == []
    assert bench.item == before
    assert bench.item["revision"] == SECOND


def test_the_final_event_counts_what_the_image_was_made_with(bench: Bench):
    """Facts of a backfill can be there first while a table is rebuilt."""
    events = story()
    request = asked(events[1])
    bench.receive(*events[:-1], request, answer(request), **{"replay-name": "r"})
    bench.receive(events[-1])
    assert bench.bus.types == ["ImageProcessed"]
    assert bench.bus.events[0].data.counts["thumbnails"] == 1


def test_the_final_event_says_what_the_image_is_and_names_its_surest_label(bench: Bench):
    first, validated, *facts, _ = story()
    found = (("Sand", 80.5), ("Beach", 99.5), ("Sea", 9.5))
    labels = tuple(Label(name=name, confidence=confidence, parents=()) for name, confidence in found)
    for detected, top in ((labels, "Beach"), ((), None)):
        bench.table.partitions.clear()
        data = LabelsDetected(labels=detected, model_versions={})
        bench.receive(first, validated, *facts, caused_by(validated.meta, data, clock=bench.clock))
        final = bench.bus.events[-1].data
        assert (final.format, final.width, final.height, final.top_label) == ("PNG", 640, 480, top)
        assert final.counts == {"thumbnails": 1, "labels": len(detected)}
        assert final.stages["thumbnailer"] == 100
        assert final.stages.keys() >= {"validator", "watermarker", "metadata", "labels"}


def test_a_stage_of_which_the_cause_is_not_in_the_log_has_no_duration(bench: Bench):
    bench.receive(*story()[1:])
    assert "validator" not in bench.bus.events[-1].data.stages


def test_no_image_has_waited_for_less_than_nothing_whatever_the_clock_of_its_upload_said(bench: Bench):
    later = ManualClock()
    later.advance(10)
    bench.receive(uploaded(clock=later))
    projection = bench.recorder.project(KEY)
    assert projection is not None
    bench.recorder.stall(projection)
    assert bench.bus.events[0].data.waited_s == 0


def test_an_event_inside_a_failure_is_logged_only_if_the_recorder_failed_on_it_and_it_is_of_that_image(
    bench: Bench,
):
    first, validated, *_ = story()
    bench.receive(failure(validated, "thumbnailer", clock=bench.clock))
    assert bench.log == ["ProcessingFailed"]
    other = failure(uploaded("other.jpg"), "recorder", clock=bench.clock)
    bench.receive(caused_by(first.meta, other.data, clock=bench.clock, discriminator="other"))
    assert bench.store.history("other.jpg") == []
    assert bench.log == ["ProcessingFailed"] * 2


@pytest.mark.parametrize("more", [{}, {"detail": None}, {"detail": {}}, {"detail": {"meta": 1}}], ids=str)
def test_a_failure_that_carries_half_an_event_is_logged_without_it(bench: Bench, more: dict[str, Any]):
    failed = failure(uploaded(), "recorder", clock=bench.clock)
    half = {"source": "imagebus.ingest", "detail-type": "ImageUploaded", **more}
    data = msgspec.structs.replace(failed.data, failed_event=half)
    assert bench.receive(caused_by(uploaded().meta, data, clock=bench.clock)) == []
    assert bench.log == ["ProcessingFailed"]


def priced() -> dict[str, Any]:
    """Another team's fact about the image."""
    body = envelope(uploaded())
    meta = body["detail"]["meta"] | {"event_id": f"{8 * '1'}-1111-1111-1111-{12 * '1'}"}
    return body | {"source": "shop", "detail-type": "ImagePriced", "detail": {"meta": meta, "data": {}}}


def test_another_teams_fact_is_logged_at_once_or_after_the_recorder_failed_on_it(bench: Bench):
    bench.receive(uploaded())
    body = priced()
    assert bench.inbox({"Records": [sqs_record(json.dumps(body))]})["batchItemFailures"] == []
    assert sorted(bench.log) == ["ImagePriced", "ImageUploaded"]
    bench.table.partitions.clear()
    bench.receive(uploaded(), failure(uploaded(), "recorder", clock=bench.clock, **body))
    assert sorted(bench.log) == ["ImagePriced", "ImageUploaded", "ProcessingFailed"]


def test_a_batch_in_which_not_everything_is_of_a_replay_announces(bench: Bench):
    bench.receive(*story()[:-1], **{"replay-name": "r"})
    bodies = [envelope(story()[0], **{"replay-name": "r"}), envelope(story()[-1])]
    records = [sqs_record(json.dumps(body), message_id=str(n)) for n, body in enumerate(bodies)]
    assert bench.inbox({"Records": records})["batchItemFailures"] == []
    assert bench.bus.types == ["ImageProcessed"]
