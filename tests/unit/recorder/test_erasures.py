"""Nothing that was erased comes back into the table, whenever its events arrive."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from imagebus.erasures import DynamoDBErasures, Erasure
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.identity import imported_revision
from imagebus.inbox import Inbox
from imagebus.store import DynamoDBEventStore
from imagebus.testing import (
    InMemoryDynamoDB,
    ManualClock,
    RecordingBus,
    erasures_table,
    sqs_record,
    status_table,
)
from recorder.handler import image_key, record_group
from recorder.record import Recorder
from tests.unit.core.events import FIRST, KEY, SECOND, AnEvent, envelope, failure, recorded, story, uploaded


class Interrupted(InMemoryDynamoDB):
    """Calls `interrupt` before its n-th call."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.interrupt: Callable[[], object] = lambda: None
        self.at = -1
        self.calls = count()

    def _table(self, request: dict[str, Any]) -> Any:
        if next(self.calls) == self.at:
            self.at = -1
            self.interrupt()
        return super()._table(request)


class Bench:
    def __init__(self) -> None:
        self.table = status_table()
        self.dynamodb = Interrupted({"t": self.table, "e": erasures_table()})
        self.store = DynamoDBEventStore(self.dynamodb, "t")  # type: ignore[arg-type]
        self.erasures = DynamoDBErasures(self.dynamodb, "e")  # type: ignore[arg-type]
        self.bus = RecordingBus()
        self.clock = ManualClock()
        required = Required.parse(DEFAULT)
        self.recorder = Recorder(self.store, self.bus, self.clock, required, self.erasures)
        self.inbox = Inbox(lambda group: record_group(self.recorder, group), group_by=image_key)

    def receive(self, *events: AnEvent, **more: Any) -> int:
        records = [
            sqs_record(json.dumps(envelope(event, **more)), message_id=str(number))
            for number, event in enumerate(events)
        ]
        return len(self.inbox({"Records": records})["batchItemFailures"])

    def erase(self, through: str = FIRST) -> None:
        """As the command does it."""
        self.store.erase(KEY, self.erasures.extend(KEY, through=through))

    @property
    def rows(self) -> list[str]:
        return sorted(self.table.partitions.get(KEY, {}))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_an_erased_image_does_not_come_back_by_late_events_or_a_replay(bench: Bench):
    events = story()
    bench.receive(*events[:3])
    bench.erase()
    assert bench.rows == []
    assert bench.receive(*events) == 0
    assert bench.receive(*events, **{"replay-name": "r"}) == 0
    assert bench.receive(failure(events[0], "thumbnailer", clock=ManualClock())) == 0
    assert (bench.rows, bench.bus.types) == ([], [])


def test_what_is_known_to_be_erased_is_never_written(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """If another recorder has handled the same message, nobody would clean up after one that dies here."""
    bench.erase()
    written: list[Any] = []
    monkeypatch.setattr(bench.store, "append", written.append)
    bench.receive(*story(), uploaded(rev=SECOND))
    assert [event.revision for event in written] == [SECOND]


def test_an_erasure_by_version_refuses_events_whose_revision_nobody_knew(bench: Bench):
    bench.erasures.extend(KEY, versions=["v1"])
    bench.receive(*story())
    assert bench.rows == []


def test_a_later_upload_to_the_key_starts_fresh(bench: Bench):
    bench.receive(*story())
    bench.erase()
    bench.receive(*story(KEY, FIRST), uploaded(rev=SECOND))
    item = bench.store.status(KEY)
    assert item is not None
    assert (item["status"], item["revision"], item["events"]) == ("processing", SECOND, 1)
    assert len(bench.rows) == 2


@pytest.mark.parametrize("known", [0, 3], ids=["first events", "image known"])
@pytest.mark.parametrize("at", range(20))
def test_an_erasure_at_any_moment_of_recording_leaves_nothing(bench: Bench, at: int, known: int):
    events = story()
    bench.receive(*events[:known])
    bench.dynamodb.calls, bench.dynamodb.at = count(), at
    bench.dynamodb.interrupt = bench.erase
    bench.receive(*events[known:5])  # too few to be announced, which would erase once more
    assert bench.dynamodb.at == -1 or at > 4
    if bench.dynamodb.at == -1:
        assert bench.rows == []


@pytest.mark.parametrize("at", range(12))
def test_an_erasure_at_any_moment_of_recording_late_news_leaves_nothing(bench: Bench, at: int):
    """That they are late is noted beside the log."""
    bench.clock.advance(600)
    bench.dynamodb.calls, bench.dynamodb.at = count(), at
    bench.dynamodb.interrupt = bench.erase
    bench.receive(*story()[:2])
    if bench.dynamodb.at == -1:
        assert bench.rows == []
    else:
        assert at > 7


def test_an_erasure_covers_what_is_as_old_or_of_an_erased_version():
    erasure = Erasure(FIRST)
    assert erasure.covers({"revision": FIRST})
    assert not erasure.covers({"revision": SECOND, "version_id": "v1"})
    assert not erasure.covers({"revision": imported_revision(datetime.now(UTC), "v2"), "version_id": "v2"})
    assert not Erasure().covers({"revision": FIRST, "version_id": None})


@pytest.mark.parametrize("at", range(8))
def test_an_erasure_finds_a_status_item_that_is_written_while_it_deletes(bench: Bench, at: int):
    """A projector that had read the log before."""
    for event in story():
        bench.store.append(recorded(event))
    bench.dynamodb.calls, bench.dynamodb.at = count(), at
    bench.dynamodb.interrupt = lambda: bench.recorder.project(KEY)
    bench.erase()
    assert bench.dynamodb.at == -1
    assert bench.rows == []


def test_what_was_not_erased_costs_no_search_for_what_to_delete(bench: Bench):
    bench.erasures.extend(KEY, through=FIRST)
    bench.store.erase = lambda *_: pytest.fail("searched")  # type: ignore[method-assign]
    assert bench.receive(uploaded(rev=SECOND), uploaded("other.jpg")) == 0


def test_a_status_item_that_was_replaced_meanwhile_does_not_count_as_deleted(bench: Bench):
    bench.receive(*story()[:3])
    delete = bench.dynamodb.delete_item

    def replaced(**request: Any) -> Any:
        if "ConditionExpression" in request:
            raise bench.dynamodb.exceptions.ConditionalCheckFailedException("DeleteItem")
        return delete(**request)

    bench.dynamodb.delete_item = replaced  # type: ignore[method-assign]
    assert bench.store.erase(KEY, Erasure(FIRST)) == 3
    assert bench.rows == ["STATUS"]


@pytest.mark.parametrize("with_a_later_upload", [False, True])
def test_what_was_erased_while_it_was_logged_is_forgotten_whatever_came_with_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, with_a_later_upload: bool
):
    append = bench.store.append

    def erased_meanwhile(event: RecordedEvent) -> None:
        append(event)
        if event.revision == FIRST:
            bench.erasures.extend(KEY, through=FIRST)

    monkeypatch.setattr(bench.store, "append", erased_meanwhile)
    bench.receive(uploaded(), *([uploaded(rev=SECOND)] if with_a_later_upload else []))
    assert [event.revision for event in bench.store.history(KEY)] == [SECOND] * with_a_later_upload
