"""DynamoDB: conditional writes, sorted partitions, indexes, pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from imagebus.testing.errors import (
    ConditionalCheckFailedException,
    TransactionCanceledException,
    client_error,
)
from imagebus.testing.expressions import compile_condition
from imagebus.testing.updates import updated

Item = dict[str, Any]


@dataclass
class Table:
    hash_key: str
    range_key: str | None = None
    #: index name -> (hash key, range key)
    indexes: dict[str, tuple[str, str]] = field(default_factory=dict)
    partitions: dict[str, dict[str, Item]] = field(default_factory=dict)

    @property
    def key_names(self) -> list[str]:
        return [self.hash_key, self.range_key] if self.range_key else [self.hash_key]

    def key(self, item: Item) -> tuple[str, str]:
        return _value(item, self.hash_key), _value(item, self.range_key) if self.range_key else ""

    def get(self, item: Item) -> Item | None:
        partition, row = self.key(item)
        return self.partitions.get(partition, {}).get(row)

    def items(self) -> Iterator[Item]:
        """Partition by partition, each in the order of its range key, as a scan returns them."""
        for partition in self.partitions.values():
            for row in sorted(partition):
                yield partition[row]


class _Exceptions:
    ConditionalCheckFailedException = ConditionalCheckFailedException
    TransactionCanceledException = TransactionCanceledException


class InMemoryDynamoDB:
    exceptions = _Exceptions

    def __init__(self, tables: dict[str, Table], page_items: int = 1000) -> None:
        self.tables = tables
        self._page_items = page_items

    def put_item(self, **request: Any) -> dict[str, Any]:
        table = self._table(request)
        item: Item = request["Item"]
        self._check("PutItem", table.get(item), request)
        partition, row = table.key(item)
        table.partitions.setdefault(partition, {})[row] = dict(item)
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Creates the item if there is none. Answers with ReturnValues ALL_NEW or ALL_OLD only."""
        table, key = self._table(request), request["Key"]
        present = table.get(key)
        self._check("UpdateItem", present, request)
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        item = updated({**(present or {}), **key}, request["UpdateExpression"], names, values)
        partition, row = table.key(item)
        table.partitions.setdefault(partition, {})[row] = item
        answers = {"ALL_NEW": item, "ALL_OLD": present}
        found = answers.get(request.get("ReturnValues", "NONE"))
        return {"Attributes": dict(found)} if found else {}

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Puts and deletions: all of them, or none."""
        parts = [next(iter(each.items())) for each in request["TransactItems"]]
        codes = []
        for _, part in parts:
            try:
                present = self._table(part).get(part.get("Item") or part["Key"])
                self._check("TransactWriteItems", present, part)
                codes.append("None")
            except ConditionalCheckFailedException:
                codes.append("ConditionalCheckFailed")
        if set(codes) != {"None"}:
            raise TransactionCanceledException("TransactWriteItems", codes)
        for kind, part in parts:
            if kind == "Put":
                self.put_item(TableName=part["TableName"], Item=part["Item"])
            else:
                self.delete_item(TableName=part["TableName"], Key=part["Key"])
        return {}

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        found = {
            name: [item for key in wanted["Keys"] if (item := self._table({"TableName": name}).get(key))]
            for name, wanted in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def get_item(self, **request: Any) -> dict[str, Any]:
        item = self._table(request).get(request["Key"])
        return {} if item is None else {"Item": dict(item)}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        table = self._table(request)
        self._check("DeleteItem", table.get(request["Key"]), request)
        partition, row = table.key(request["Key"])
        rows = table.partitions.get(partition, {})
        rows.pop(row, None)
        if not rows:
            table.partitions.pop(partition, None)
        return {}

    def query(self, **request: Any) -> dict[str, Any]:
        table = self._table(request)
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        holds = compile_condition(request["KeyConditionExpression"])
        if index := request.get("IndexName"):
            hash_key, range_key = table.indexes[index]
            found = [item for item in table.items() if hash_key in item and holds(item, names, values)]
            found.sort(key=lambda item: (item[range_key]["S"], *table.key(item)))
        else:
            partition = next(iter(value["S"] for value in _equals(request, table.hash_key, values)))
            rows = table.partitions.get(partition, {})
            found = [rows[row] for row in sorted(rows) if holds(rows[row], names, values)]
        if not request.get("ScanIndexForward", True):
            found.reverse()
        return self._page(table, found, request)

    def scan(self, **request: Any) -> dict[str, Any]:
        table = self._table(request)
        total, segment = request.get("TotalSegments", 1), request.get("Segment", 0)
        # by the hash key, so that an image's items are all in one segment
        found = [item for item in table.items() if _bucket(table.key(item)[0]) % total == segment]
        return self._page(table, found, request)

    def get_paginator(self, operation: str) -> _Paginator:
        return _Paginator(getattr(self, operation))

    def _table(self, request: dict[str, Any]) -> Table:
        try:
            return self.tables[request["TableName"]]
        except KeyError:
            raise client_error("ResourceNotFoundException", "Table") from None

    def _check(self, operation: str, existing: Item | None, request: dict[str, Any]) -> None:
        text = request.get("ConditionExpression")
        if text is None:
            return
        names = request.get("ExpressionAttributeNames", {})
        values = request.get("ExpressionAttributeValues", {})
        if not compile_condition(text)(existing or {}, names, values):
            raise ConditionalCheckFailedException(operation)

    def _page(self, table: Table, found: Sequence[Item], request: dict[str, Any]) -> dict[str, Any]:
        start = 0
        if after := request.get("ExclusiveStartKey"):
            keys = [table.key(item) for item in found]
            # Here a key that was deleted meanwhile ends the paging; the service would continue.
            start = keys.index(table.key(after)) + 1 if table.key(after) in keys else len(found)
        limit = request.get("Limit", self._page_items)
        page = [dict(item) for item in found[start : start + limit]]
        names, values = (
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        )
        kept = page
        if filter_text := request.get("FilterExpression"):
            holds = compile_condition(filter_text)
            kept = [item for item in page if holds(item, names, values)]
        answer: dict[str, Any] = {"Items": kept, "Count": len(kept)}
        if start + limit < len(found):
            last = page[-1]
            of_index = table.indexes.get(request.get("IndexName", ""), ())
            answer["LastEvaluatedKey"] = {name: last[name] for name in (*table.key_names, *of_index)}
        return answer


class _Paginator:
    def __init__(self, operation: Any) -> None:
        self._operation = operation

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        configuration = request.pop("PaginationConfig", {})
        if "PageSize" in configuration:
            request["Limit"] = configuration["PageSize"]
        while True:
            page = self._operation(**request)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _equals(request: dict[str, Any], hash_key: str, values: Item) -> Iterator[Item]:
    """The value that the key condition demands of the hash key."""
    words = request["KeyConditionExpression"].replace("(", " ").split()
    for name, sign, value in zip(words, words[1:], words[2:], strict=False):
        if sign == "=" and request.get("ExpressionAttributeNames", {}).get(name, name) == hash_key:
            yield values[value]


def _value(item: Item, name: str) -> str:
    """The value of a key attribute: a string, a number or bytes."""
    return str(next(iter(item[name].values())))


def _bucket(text: str) -> int:
    return sum(text.encode("utf-8", "surrogatepass"))


def status_table() -> Table:
    """The status table as template.yml declares it."""
    indexes = {"by_status": ("status_shard", "listed_at"), "by_time": ("list_shard", "listed_at")}
    return Table("image_key", "sk", indexes)


def ledger_table() -> Table:
    return Table("event_id")


def erasures_table() -> Table:
    return Table("image_id")


def recipes_table() -> Table:
    return Table("id")
