"""A status item is written from a log that may vanish meanwhile: erased, or lost with its table."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.history.required import DEFAULT, Required
from imagebus.projector import Projector
from imagebus.store import DynamoDBEventStore
from imagebus.testing import InMemoryDynamoDB, status_table
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


@pytest.fixture
def event() -> Any:
    return recorded(uploaded())


def test_what_a_replay_brings_back_meanwhile_stays(event: Any):
    """A projector that found the log empty deleted everything of that revision."""
    dynamodb = Losing([event])
    dynamodb.store.append(event)
    projection = Projector(dynamodb.store, Required.parse(DEFAULT)).project(KEY)
    assert projection is not None
    assert dynamodb.store.history(KEY) == [event]
    assert dynamodb.store.status(KEY) == projection.item
