"""What the event store asks DynamoDB, in requests: what only races and large logs would show otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.erasures import Erasure
from imagebus.history.labels import label_rows
from imagebus.store import REVISION_EVENTS, DynamoDBEventStore, identity
from imagebus.testing import InMemoryDynamoDB, status_table
from tests.unit.core.events import FIRST, KEY, SECOND, recorded, uploaded


class Calls(InMemoryDynamoDB):
    """Notes each request."""

    def __init__(self) -> None:
        super().__init__({"status": status_table()})
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def _note(self, operation: str, request: dict[str, Any]) -> Any:
        self.calls.append((operation, request))
        return getattr(super(), operation)(**request)

    def get_item(self, **request: Any) -> Any:
        return self._note("get_item", request)

    def delete_item(self, **request: Any) -> Any:
        return self._note("delete_item", request)

    def transact_write_items(self, **request: Any) -> Any:
        return self._note("transact_write_items", request)

    def get_paginator(self, operation: str) -> Any:
        pages = super().get_paginator(operation)

        class Noting:
            def paginate(_, **request: Any) -> Any:  # noqa: N805  the outer self is meant
                self.calls.append((operation, request))
                return pages.paginate(**request)

        return Noting()

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]


@pytest.fixture
def dynamodb() -> Calls:
    return Calls()


@pytest.fixture
def store(dynamodb: Calls) -> DynamoDBEventStore:
    return DynamoDBEventStore(dynamodb, "status")  # type: ignore[arg-type]  # the client's fake


def status(revision: str = FIRST, *names: str, digest: str = "d1") -> dict[str, Any]:
    found = [{"name": name, "confidence": 90} for name in names]
    return {
        "image_key": KEY,
        "sk": "STATUS",
        "revision": revision,
        "log_digest": digest,
        "listed_at": "2026",
        "status_shard": "completed#1",
        "labels": {"labels": found},
    }


def keys(dynamodb: Calls) -> list[str]:
    return [item["sk"]["S"].partition("#")[0] for item in dynamodb.query(
        TableName="status",
        KeyConditionExpression="image_key = :key",
        ExpressionAttributeValues={":key": {"S": KEY}},
    )["Items"]]  # fmt: skip


def test_every_read_is_consistent(store: DynamoDBEventStore, dynamodb: Calls):
    store.status(KEY)
    store.arrival(status())
    store.label_rows(KEY)
    store.latest(KEY)
    assert len(dynamodb.calls) == 4
    assert all(request["ConsistentRead"] is True for _, request in dynamodb.calls)
    assert [request["Key"] for request in dynamodb.of("get_item")] == [
        {"image_key": {"S": KEY}, "sk": {"S": name}} for name in ("STATUS", "ARRIVAL")
    ]


def test_one_page_holds_the_newest_revision_and_little_more(store: DynamoDBEventStore, dynamodb: Calls):
    store.latest(KEY)
    assert dynamodb.of("query")[0]["PaginationConfig"] == {"PageSize": REVISION_EVENTS}


def test_an_item_of_the_log_can_be_read_without_its_event(store: DynamoDBEventStore, dynamodb: Calls):
    event = recorded(uploaded())
    store.append(event)
    (item,) = dynamodb.tables["status"].partitions[KEY].values()
    assert {name: value["S"] for name, value in item.items()} == {
        "image_key": KEY,
        "sk": f"EVENT#{FIRST}#{event.event_id}",
        "event_id": event.event_id,
        "detail_type": "ImageUploaded",
        "source": "imagebus.ingest",
        "revision": FIRST,
        "occurred_at": event.occurred_at,
        "event": event.canonical,
    }


def test_only_rows_of_labels_that_change_are_written(store: DynamoDBEventStore, dynamodb: Calls):
    one, two = status(FIRST, "Sea", "Dog"), status(FIRST, "Sea", "Cat", digest="d2")
    assert store.replace_status(one, None, [])
    assert store.replace_status(two, "d1", label_rows(one))
    changes = dynamodb.of("transact_write_items")[1]["TransactItems"][1:]
    assert [
        (kind, (part.get("Item") or part["Key"])["sk"]["S"])
        for each in changes
        for kind, part in each.items()
    ] == [
        ("Put", "LABEL#cat"),
        ("Delete", "LABEL#dog"),
    ]


def test_an_arrival_is_of_one_revision(store: DynamoDBEventStore):
    store.note_arrival(status(FIRST), "2026-01-02")
    assert store.arrival(status(FIRST)) == "2026-01-02"
    assert store.arrival(status(SECOND)) == ""


def test_an_erase_deletes_the_log_first_and_looks_once_more(store: DynamoDBEventStore, dynamodb: Calls):
    store.append(recorded(uploaded()))
    store.replace_status(status(), None)
    assert store.erase(KEY, Erasure(FIRST)) == 2
    assert [request["Key"]["sk"]["S"][:6] for request in dynamodb.of("delete_item")] == ["EVENT#", "STATUS"]
    assert len(dynamodb.of("query")) == 2


def test_an_erase_leaves_rows_that_a_later_upload_has_replaced_meanwhile(
    store: DynamoDBEventStore, dynamodb: Calls, monkeypatch: pytest.MonkeyPatch
):
    assert store.replace_status(status(FIRST, "Sea"), None, [])
    seen = list(store._items(KEY))
    later = status(SECOND, "Sea", digest="d2")
    assert store.replace_status(later, "d1", label_rows(status(FIRST, "Sea")))
    looks = iter([iter(seen)])
    monkeypatch.setattr(store, "_items", lambda _key, prefix="": next(looks, iter([])))
    assert store.erase(KEY, Erasure(FIRST)) == 0
    assert sorted(keys(dynamodb)) == ["LABEL", "STATUS"]


def test_a_status_is_withdrawn_with_its_rows_and_nothing_else(store: DynamoDBEventStore, dynamodb: Calls):
    mine = status(FIRST, "Sea")
    assert store.replace_status(mine, None, [])
    store.append(recorded(uploaded()))
    store.withdraw_status(mine)
    assert keys(dynamodb) == ["EVENT"]


@pytest.mark.parametrize("revision", [FIRST, SECOND])
def test_a_status_that_another_one_has_replaced_is_not_withdrawn(
    store: DynamoDBEventStore, dynamodb: Calls, revision: str
):
    mine, other = status(FIRST, "Sea"), status(revision, "Sea", digest="d2")
    assert store.replace_status(other, None, [])
    store.withdraw_status(mine)
    assert sorted(keys(dynamodb)) == ["LABEL", "STATUS"]


def test_what_has_no_revision_is_of_the_earliest():
    assert identity({"sk": {"S": "ARRIVAL"}}) == {"revision": ""}
    assert identity({"revision": {"S": FIRST}, "event": {"S": "{"}}) == {"revision": FIRST}


def test_whole_numbers_stay_whole(store: DynamoDBEventStore):
    """JSON shows the difference."""
    assert store.replace_status(status() | {"width": 640, "confidence": 99.5, "offset": -1}, None)
    found = store.status(KEY) or {}
    assert [type(found[name]) for name in ("width", "confidence", "offset")] == [int, float, int]
