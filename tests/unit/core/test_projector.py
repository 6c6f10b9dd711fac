"""A status item is written from a log that may vanish meanwhile: erased, or lost with its table."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.events import caused_by
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.history.required import DEFAULT, Required
from imagebus.projector import Projector
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, ManualClock, status_table
from tests.unit.core.events import KEY, recorded, uploaded


class Losing(InMemoryDynamoDB):
    """Loses the log when the first status item is written; a replay brings it back a moment later."""

    def __init__(self, replayed: list[Any]) -> None:
        super().__init__({"status": status_table()})
        self.replayed = replayed
        self.store = DynamoDBEventStore(self, "status")  # type: ignore[arg-type]  # the client's fake

    def put_item(self, **request: Any) -> Any:
        answer = super().put_item(**request)
        if request["Item"]["sk"]["S"] == "STATUS" and self.replayed:
            status = request["Item"]
            self.tables["status"].partitions.clear()
            super().put_item(TableName="status", Item=status)
        return answer

    def delete_item(self, **request: Any) -> Any:
        if self.replayed:  # between the look at the empty log and what is done about it
            events, self.replayed = self.replayed, []
            for event in events:
                self.store.append(event)
        return super().delete_item(**request)


class Counting(InMemoryDynamoDB):
    """Notes what is asked of DynamoDB."""

    def __init__(self) -> None:
        super().__init__({"status": status_table()})
        self.calls: list[str] = []
        self.store = DynamoDBEventStore(self, "status")  # type: ignore[arg-type]  # the client's fake
        self.projector = Projector(self.store, Required.parse(DEFAULT))

    def get_item(self, **request: Any) -> Any:
        self.calls.append("get")
        return super().get_item(**request)

    def query(self, **request: Any) -> Any:
        self.calls.append("query")
        return super().query(**request)

    def put_item(self, **request: Any) -> Any:
        self.calls.append("write")
        return super().put_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        before = len(self.calls)
        answer = super().transact_write_items(**request)
        self.calls[before:] = ["write"]
        return answer

    def project(self, **options: Any) -> tuple[bool, list[str]]:
        """Whether the status changed, and what it took."""
        self.calls.clear()
        projection = self.projector.project(KEY, **options)
        assert projection is not None
        return projection.changed, list(self.calls)


@pytest.fixture
def event() -> Any:
    return recorded(uploaded())


@pytest.fixture
def labels() -> Any:
    found = LabelsDetected(labels=(Label(name="Cat", confidence=9, parents=()),), model_versions={})
    return recorded(caused_by(uploaded().meta, found, clock=ManualClock()))


def test_what_a_replay_brings_back_meanwhile_stays(event: Any):
    """A projector that found the log empty deleted everything of that revision."""
    dynamodb = Losing([event])
    dynamodb.store.append(event)
    projection = Projector(dynamodb.store, Required.parse(DEFAULT)).project(KEY)
    assert projection is not None
    assert dynamodb.store.history(KEY) == [event]
    assert dynamodb.store.status(KEY) == projection.item


def test_news_is_read_once_and_written_once(event: Any, labels: Any):
    dynamodb = Counting()
    dynamodb.store.append(event)
    # a log that nobody has a status of may have been erased meanwhile, so this one is looked at again
    assert dynamodb.project() == (True, ["get", "query", "write", "query"])
    assert dynamodb.project() == (False, ["get", "query"])
    dynamodb.store.append(labels)
    assert dynamodb.project() == (True, ["get", "query", "write"])
    assert dynamodb.project() == (False, ["get", "query"])


def test_lost_rows_of_labels_come_back_when_an_operator_repairs(event: Any, labels: Any):
    dynamodb = Counting()
    for each in (event, labels):
        dynamodb.store.append(each)
    dynamodb.project()
    rows = list(dynamodb.store.label_rows(KEY))
    assert rows
    for row in rows:
        dynamodb.tables["status"].partitions[KEY].pop(row["sk"])

    dynamodb.project()
    assert not list(dynamodb.store.label_rows(KEY))
    assert dynamodb.project(repair=True) == (False, ["get", "query", "query", "write"])
    assert list(dynamodb.store.label_rows(KEY)) == rows
    assert dynamodb.project(repair=True) == (False, ["get", "query", "query"])
