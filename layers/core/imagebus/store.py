"""The event log and the status items beside it: one DynamoDB table, one partition per image."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import groupby, takewhile
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.identity import canonical_json, image_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATUS_SK = "STATUS"
EVENT_PREFIX = "EVENT#"

#: Lists and the sweeper read an index by shard, so that no single partition takes every write.
SHARDS = 4

#: More events than one revision usually has: reading the newest one does not read all the older ones too.
REVISION_EVENTS = 25

Item = dict[str, Any]


@dataclass(frozen=True)
class RecordedEvent:
    """An event as it arrived: raw, so that a field this code does not know yet is kept."""

    source: str
    detail_type: str
    detail: Mapping[str, Any]

    @property
    def meta(self) -> Mapping[str, Any]:
        meta: Mapping[str, Any] = self.detail["meta"]
        return meta

    @property
    def event_id(self) -> str:
        return str(self.meta["event_id"])

    @property
    def image_key(self) -> str:
        return str(self.meta["image_key"])

    @property
    def revision(self) -> str:
        return str(self.meta["revision"])

    @property
    def occurred_at(self) -> str:
        return str(self.meta["occurred_at"])

    @cached_property
    def canonical(self) -> str:
        return canonical_json({"source": self.source, "detail_type": self.detail_type, "detail": self.detail})

    @property
    def precedence(self) -> tuple[str, str]:
        """Of two events with one id, the one where this is smaller stays in the log."""
        return (self.occurred_at, self.canonical)

    @classmethod
    def from_canonical(cls, text: str) -> RecordedEvent:
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Image:
    """An image as a scan of the table found it: its status item was read after its log."""

    image_key: str
    status: Item | None
    #: of the newest revision
    log: Sequence[RecordedEvent]


class EventStore(Protocol):
    def append(self, event: RecordedEvent) -> None:
        """Log the event; of two with the same id, the one that takes precedence stays."""
        ...

    def latest(self, image_key: str) -> Sequence[RecordedEvent]:
        """The events of the image's highest revision."""
        ...

    def history(self, image_key: str) -> Sequence[RecordedEvent]:
        """Every event of the image, newest revision first."""
        ...

    def status(self, image_key: str) -> Item | None: ...

    def replace_status(self, item: Item, expected_digest: str | None) -> bool:
        """Write the status item if its `log_digest` is still the expected one (None: there is none)."""
        ...

    def replace_statuses(self, items: Sequence[tuple[Item, str | None]]) -> bool:
        """`replace_status` for up to 25 items of different images: all of them, or none."""
        ...

    def processing(self, listed_before: str) -> Iterator[Item]:
        """Status items of images that are `processing` since before that time; the index may lag a moment."""
        ...

    def failed(self) -> Iterator[Item]:
        """Status items of images that are `failed`; the index may lag a moment."""
        ...

    def image_keys(self) -> Iterator[str]:
        """Every key. Reads the whole table: for operators, never for a request."""
        ...

    def digests(self) -> dict[str, str]:
        """Which log each status item was folded from; the index may lag a moment."""
        ...

    def images(self) -> Iterator[Image]:
        """Every image. Reads the whole table: for operators, never for a request."""
        ...


def shard(image_key: str) -> str:
    return str(int(image_id(image_key)[:8], 16) % SHARDS)


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
        self._put(
            item,
            "attribute_not_exists(event_id) OR occurred_at > :at OR (occurred_at = :at AND #event > :event)",
            {":at": event.occurred_at, ":event": event.canonical},
            {"#event": "event"},
        )

    def latest(self, image_key: str) -> Sequence[RecordedEvent]:
        events = self._events(image_key)
        first = next(events, None)
        if first is None:
            return []
        return [first, *takewhile(lambda event: event.revision == first.revision, events)]

    def history(self, image_key: str) -> Sequence[RecordedEvent]:
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

    def replace_status(self, item: Item, expected_digest: str | None) -> bool:
        if expected_digest is None:
            return self._put(item, "attribute_not_exists(log_digest)", {}, {})
        return self._put(item, "log_digest = :expected", {":expected": expected_digest}, {})

    def replace_statuses(self, items: Sequence[tuple[Item, str | None]]) -> bool:
        puts = []
        for item, digest in items:
            condition = "attribute_not_exists(log_digest)" if digest is None else "log_digest = :expected"
            values = {} if digest is None else {":expected": digest}
            puts.append({"Put": self._request(item, condition, values, {})})
        try:
            self._client.transact_write_items(TransactItems=puts)  # type: ignore[arg-type]
        except self._client.exceptions.TransactionCanceledException:
            return False
        return True

    def _request(
        self, item: Item, condition: str, values: Mapping[str, str], names: Mapping[str, str]
    ) -> dict[str, Any]:
        request = {"TableName": self._table, "Item": marshal_item(item), "ConditionExpression": condition}
        if values:
            request["ExpressionAttributeValues"] = {name: {"S": value} for name, value in values.items()}
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return request

    def _put(self, item: Item, condition: str, values: Mapping[str, str], names: Mapping[str, str]) -> bool:
        try:
            self._client.put_item(**self._request(item, condition, values, names))
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def processing(self, listed_before: str) -> Iterator[Item]:
        return self._listed("processing", listed_before)

    def failed(self) -> Iterator[Item]:
        return self._listed("failed", "~")  # behind every timestamp

    def _listed(self, status: str, before: str) -> Iterator[Item]:
        for number in range(SHARDS):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="by_status",
                KeyConditionExpression="status_shard = :shard AND listed_at < :before",
                ExpressionAttributeValues={
                    ":shard": {"S": f"{status}#{number}"},
                    ":before": {"S": before},
                },
            )
            for page in pages:
                for item in page["Items"]:
                    yield unmarshal_item(item)

    def image_keys(self) -> Iterator[str]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ProjectionExpression="image_key", ConsistentRead=True
        )
        items = (item for page in pages for item in page["Items"])
        return (key for key, _ in groupby(items, key=lambda item: item["image_key"]["S"]))

    def digests(self) -> dict[str, str]:
        found = {}
        for number in range(SHARDS):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="by_time",
                KeyConditionExpression="list_shard = :shard",
                ExpressionAttributeValues={":shard": {"S": str(number)}},
                ProjectionExpression="image_key, log_digest",
            )
            for page in pages:
                for item in page["Items"]:
                    if "S" in item.get("log_digest", {}):
                        found[item["image_key"]["S"]] = item["log_digest"]["S"]
        return found

    def images(self) -> Iterator[Image]:
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        # A scan returns the items of one partition together, sorted by their sort key: log, then STATUS.
        for image_key, rows in groupby(items, key=lambda item: item["image_key"]["S"]):
            status, log = None, list[RecordedEvent]()
            for row in rows:
                if row["sk"]["S"] == STATUS_SK:
                    status = unmarshal_item(row)
                elif "event" in row:
                    event = RecordedEvent.from_canonical(row["event"]["S"])
                    log = [*log, event] if log and log[0].revision == event.revision else [event]
            yield Image(image_key, status, log)


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: marshal(value) for name, value in item.items()}


def unmarshal_item(item: Mapping[str, Any]) -> Item:
    return {name: unmarshal(value) for name, value in item.items()}


def marshal(value: Any) -> dict[str, Any]:
    """JSON to DynamoDB; unlike boto3's serializer it takes floats."""
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
    raise TypeError(f"{type(value).__name__} has no place in an item")


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
