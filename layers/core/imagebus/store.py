"""The event log and the status items beside it: one DynamoDB table, one partition per image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.history.fold import STATUS_SK, Item
from imagebus.history.labels import LABEL_PREFIX, label_rows
from imagebus.history.recorded import FOREVER, UNREADABLE, RecordedEvent, known_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from imagebus.erasures import Erasure

EVENT_PREFIX = "EVENT#"
#: Others may add to what is being erased, but each only once.
ERASE_PASSES = 20
#: Beside the log: no fold has it, and a replay does not bring it back.
ARRIVAL_SK = "ARRIVAL"

#: Reasons why a transaction is cancelled because somebody else was faster.
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
LOST = frozenset({"ConditionalCheckFailed", "TransactionConflict"})

#: A page holds more events than one revision usually has, so reading the newest revision takes one page.
REVISION_EVENTS = 25

#: Replaces an event of the same id only with one that takes precedence over it.
FIRST_WINS = "attribute_not_exists(event_id) OR occurred_at > :at OR (occurred_at = :at AND #event > :event)"


class EventStore(Protocol):
    def append(self, event: RecordedEvent) -> None:
        """Log the event. Of two with the same id, the one that takes precedence stays."""
        ...

    def latest(self, image_key: str) -> Sequence[RecordedEvent]:
        """The events of the image's newest revision; none if no event shows that there is one."""
        ...

    def known_at(self, image_key: str, at: str) -> Sequence[RecordedEvent]:
        """`latest` as it was at that time."""
        ...

    def status(self, image_key: str) -> Item | None: ...

    def replace_status(
        self, item: Item, expected_digest: str | None, beside: Sequence[Item] | None = None
    ) -> bool:
        """Write the status item if the stored `log_digest` is the expected one (None: there is no item).

        `beside` are the rows of labels that there are; with them, in the same transaction, they become those
        of the item.
        """
        ...

    def label_rows(self, image_key: str) -> Sequence[Item]:
        """The rows of labels that there are."""
        ...

    def note_arrival(self, item: Item, at: str) -> None:
        """Remember when late news of the revision arrived."""
        ...

    def arrival(self, item: Item) -> str:
        """When the last late news of the revision arrived; empty if none was late."""
        ...

    def withdraw_status(self, item: Item) -> None:
        """Delete this status item and its rows of labels, unless another one has taken its place."""
        ...

    def erase(self, image_key: str, erasure: Erasure) -> int:
        """Delete what the erasure covers of the log, and of everything kept beside it; returns how much."""
        ...


class DynamoDBEventStore:
    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def append(self, event: RecordedEvent) -> None:
        item = {
            "image_key": event.image_key,
            "sk": f"{EVENT_PREFIX}{event.revision}#{event.event_id}",
            "event_id": event.event_id,
            "detail_type": event.detail_type,
            "source": event.source,
            "revision": event.revision,
            "occurred_at": event.occurred_at,
            "event": event.canonical,
        }
        request = {
            "TableName": self._table,
            "Item": marshal_item(item),
            "ConditionExpression": FIRST_WINS,
            "ExpressionAttributeValues": {":at": {"S": event.occurred_at}, ":event": {"S": event.canonical}},
            "ExpressionAttributeNames": {"#event": "event"},
        }
        self._put(request)

    def latest(self, image_key: str) -> Sequence[RecordedEvent]:
        return known_at(self._events(image_key), FOREVER)

    def known_at(self, image_key: str, at: str) -> Sequence[RecordedEvent]:
        return known_at(self._events(image_key), at)

    def history(self, image_key: str) -> Sequence[RecordedEvent]:
        """Every event of the image, newest revision first."""
        return list(self._events(image_key))

    def _events(self, image_key: str) -> Iterator[RecordedEvent]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="image_key = :key AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":key": {"S": image_key}, ":prefix": {"S": EVENT_PREFIX}},
            ScanIndexForward=False,
            ConsistentRead=True,
            PaginationConfig={"PageSize": REVISION_EVENTS},
        )
        for page in pages:
            for item in page["Items"]:
                yield RecordedEvent.from_canonical(item["event"]["S"])

    def status(self, image_key: str) -> Item | None:
        key = {"image_key": {"S": image_key}, "sk": {"S": STATUS_SK}}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return unmarshal_item(item) if item else None

    def replace_status(
        self, item: Item, expected_digest: str | None, beside: Sequence[Item] | None = None
    ) -> bool:
        put: Any = status_put(self._table, item, expected_digest)
        changes = [] if beside is None else self._changes(beside, label_rows(item))
        return self._transact([{"Put": put}, *changes]) if changes else self._put(put)

    def _changes(self, before: Sequence[Item], after: Sequence[Item]) -> list[Any]:
        stay = {row["sk"] for row in after}
        table = {"TableName": self._table}
        puts = [{"Put": table | {"Item": marshal_item(row)}} for row in after if row not in before]
        keys = [{name: row[name] for name in ("image_key", "sk")} for row in before if row["sk"] not in stay]
        return puts + [{"Delete": table | {"Key": marshal_item(key)}} for key in keys]

    def label_rows(self, image_key: str) -> Sequence[Item]:
        return [unmarshal_item(item) for item in self._items(image_key, LABEL_PREFIX)]

    def note_arrival(self, item: Item, at: str) -> None:
        row = {"image_key": item["image_key"], "sk": ARRIVAL_SK, "revision": item["revision"], "at": at}
        self._put({"TableName": self._table, "Item": marshal_item(row)})

    def arrival(self, item: Item) -> str:
        key = {"image_key": {"S": item["image_key"]}, "sk": {"S": ARRIVAL_SK}}
        row = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return row["at"]["S"] if row and row["revision"]["S"] == item["revision"] else ""

    def withdraw_status(self, item: Item) -> None:
        status: Any = {
            "TableName": self._table,
            "Key": {"image_key": {"S": item["image_key"]}, "sk": {"S": STATUS_SK}},
            "ConditionExpression": "log_digest = :expected",
            "ExpressionAttributeValues": {":expected": {"S": item["log_digest"]}},
        }
        self._transact([{"Delete": status}, *self._changes(label_rows(item), [])])

    def erase(self, image_key: str, erasure: Erasure) -> int:
        # The log first, as its keys do, and then look again: a projector that read the log before may write
        # the status item after the first look. If it writes it after the last one, it finds the log empty.
        count = 0
        for _ in range(ERASE_PASSES):
            items = [item for item in self._items(image_key) if erasure.covers(identity(item))]
            if not items:
                break
            count += sum(map(self._delete, items))
        return count

    def revisions(self, image_key: str, erasure: Erasure | None = None) -> set[str]:
        """The revisions of all items, even of those that cannot be read.

        With an erasure: of those that it covers.
        """
        found = self.identities(image_key)
        return {each["revision"] for each in found if erasure is None or erasure.covers(each)}

    def identities(self, image_key: str) -> Iterator[Mapping[str, Any]]:
        """`revision` and perhaps `version_id` of every item, even of those that cannot be read."""
        return map(identity, self._items(image_key))

    def _items(self, image_key: str, prefix: str = "") -> Iterator[Mapping[str, Any]]:
        condition, values = "image_key = :key", {":key": {"S": image_key}}
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values |= {":prefix": {"S": prefix}}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
        return (item for page in pages for item in page["Items"])

    def _delete(self, item: Mapping[str, Any]) -> bool:
        request: dict[str, Any] = {"Key": {name: item[name] for name in ("image_key", "sk")}}
        if digest := item.get("log_digest"):  # unless a later upload has replaced it
            request |= {
                "ConditionExpression": "log_digest = :expected",
                "ExpressionAttributeValues": {":expected": digest},
            }
        elif item["sk"]["S"].startswith(LABEL_PREFIX):
            request |= {
                "ConditionExpression": "revision = :expected",
                "ExpressionAttributeValues": {":expected": item["revision"]},
            }
        try:
            self._client.delete_item(TableName=self._table, **request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _transact(self, changes: list[Any]) -> bool:
        """All of them, or none because somebody else was faster."""
        try:
            self._client.transact_write_items(TransactItems=changes)
        except self._client.exceptions.TransactionCanceledException as error:
            reasons = {each.get("Code") for each in error.response.get("CancellationReasons", ())}
            if reasons & LOST:
                return False
            raise
        return True

    def _put(self, request: dict[str, Any]) -> bool:
        try:
            self._client.put_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def identity(item: Mapping[str, Any]) -> dict[str, Any]:
    """Revision and version of an item: of an event, which has the version inside, or of the status."""
    found = {name: item[name]["S"] for name in ("revision", "version_id") if name in item}
    with suppress(*UNREADABLE):  # also what is not an event
        found["version_id"] = RecordedEvent.from_canonical(item["event"]["S"]).meta.get("version_id")
    return {"revision": "", **found}


def status_put(table_name: str, item: Item, expected_digest: str | None) -> dict[str, Any]:
    """The PutItem request that `replace_status` makes."""
    request = {"TableName": table_name, "Item": marshal_item(item)}
    if expected_digest is None:
        return request | {"ConditionExpression": "attribute_not_exists(log_digest)"}
    return request | {
        "ConditionExpression": "log_digest = :expected",
        "ExpressionAttributeValues": {":expected": {"S": expected_digest}},
    }


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: marshal(value) for name, value in item.items()}


def unmarshal_item(item: Mapping[str, Any]) -> Item:
    return {name: unmarshal(value) for name, value in item.items()}


def marshal(value: Any) -> dict[str, Any]:
    """JSON to DynamoDB. Unlike boto3's serializer, it accepts floats."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case Mapping():
            return {"M": marshal_item(value)}
        case list() | tuple():
            return {"L": [marshal(item) for item in value]}
    raise TypeError(f"{type(value).__name__} cannot be stored in an item")


def unmarshal(value: Mapping[str, Any]) -> Any:
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return int(content) if content.lstrip("-").isdigit() else float(content)
        case "M":
            return unmarshal_item(content)
        case "L":
            return [unmarshal(item) for item in content]
        case "NULL":
            return None
    return content
