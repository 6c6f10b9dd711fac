"""The three tables: subscriptions, messages (what is posted, once for all subscriptions), and deliveries.

Every write of an item that exists is on condition of its version, so of two writers one has to read again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from imagebus.clock import parse_timestamp
from imagebus.store import marshal_item, unmarshal_item
from webhooks.model import Delivery, Subscription

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

#: A sparse index: only pending deliveries have its attributes.
DUE = "due"
#: How often a change is tried when others change the same subscription.
ATTEMPTS = 50

Row = TypeVar("Row", Subscription, Delivery)


class Busy(Exception):
    """A subscription was changed by others, again and again, in between reading and writing it."""


@dataclass(frozen=True)
class Store:
    """`retention` is how long messages and deliveries are kept after they were last due. Then the tables' TTL
    removes them.
    """

    client: DynamoDBClient
    subscriptions_table: str
    messages_table: str
    deliveries_table: str
    retention: timedelta = timedelta(days=30)

    # --- subscriptions ---

    def subscriptions(self) -> list[Subscription]:
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.subscriptions_table, ConsistentRead=True
        )
        found = [_as_subscription(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda each: each.id)

    def subscription(self, name: str) -> Subscription | None:
        item = self._get(self.subscriptions_table, {"id": name})
        return _as_subscription(item) if item else None

    def create_subscription(self, subscription: Subscription) -> None:
        self._put(self.subscriptions_table, _item(subscription), "id", None)

    def change(self, name: str, change: Callable[[Subscription], Subscription]) -> Subscription | None:
        """The subscription as it is now; None if it does not exist. Raises Busy."""
        for _ in range(ATTEMPTS):
            old = self.subscription(name)
            if old is None:
                return None
            new = change(old)
            if new == old:
                return old
            new = replace(new, version=old.version + 1)
            if self._put(self.subscriptions_table, _item(new), "id", old.version):
                return new
        raise Busy

    def delete_subscription(self, name: str) -> None:
        self.client.delete_item(TableName=self.subscriptions_table, Key=marshal_item({"id": name}))

    # --- messages ---

    def create_message(self, webhook_id: str, body: str, created_at: str) -> None:
        """The first body of an id is the one that everybody gets, also on a later attempt."""
        item = {"webhook_id": webhook_id, "body": body, "expires": self._expires(created_at)}
        self._put(self.messages_table, item, "webhook_id", None)

    def keep_message(self, delivery: Delivery) -> bool:
        """Kept as long as the delivery, which will be retried. False if it is no longer kept."""
        values = {":expires": self._expires_with(delivery)}
        request: Any = {
            "TableName": self.messages_table,
            "Key": marshal_item({"webhook_id": delivery.webhook_id}),
            "UpdateExpression": "SET expires = :expires",
            "ConditionExpression": "attribute_exists(webhook_id)",
            "ExpressionAttributeValues": marshal_item(values),
        }
        return self._written(self.client.update_item, request)

    def message(self, webhook_id: str) -> str | None:
        item = self._get(self.messages_table, {"webhook_id": webhook_id})
        return str(unmarshal_item(item)["body"]) if item else None

    # --- deliveries ---

    def create_delivery(self, delivery: Delivery) -> bool:
        """False if it exists, as for an event that arrives twice."""
        return self._put(self.deliveries_table, self._delivery(delivery), "webhook_id", None)

    def replace_delivery(self, delivery: Delivery) -> Delivery | None:
        """What was written; None if somebody else wrote first."""
        new = replace(delivery, version=delivery.version + 1)
        return (
            new
            if self._put(self.deliveries_table, self._delivery(new), "webhook_id", delivery.version)
            else None
        )

    def delivery(self, subscription: str, webhook_id: str) -> Delivery | None:
        item = self._get(self.deliveries_table, {"subscription": subscription, "webhook_id": webhook_id})
        return _as_delivery(item) if item else None

    def deliveries(self, subscription: str) -> Iterator[Delivery]:
        """All of a subscription, in no useful order."""
        for item in self._query("subscription = :of", {":of": subscription}, ConsistentRead=True):
            yield _as_delivery(item)

    def due(self, subscription: str, until: str) -> Iterator[str]:
        """The ids of deliveries that are due, the oldest first. The index may lag behind the table."""
        condition, values = "pending_of = :of AND due_at <= :until", {":of": subscription, ":until": until}
        for item in self._query(condition, values, IndexName=DUE):
            yield item["webhook_id"]["S"]

    # --- inside ---

    def _delivery(self, delivery: Delivery) -> dict[str, Any]:
        item = _item(delivery) | {"expires": self._expires_with(delivery)}
        return item | {"pending_of": delivery.subscription} if delivery.state == "pending" else item

    def _expires_with(self, delivery: Delivery) -> int:
        """So a delivery that is retried, or asked for again, does not vanish meanwhile."""
        return self._expires(max(delivery.created_at, delivery.due_at))

    def _expires(self, created_at: str) -> int:
        return int((parse_timestamp(created_at) + self.retention).timestamp())

    def _get(self, table: str, key: Mapping[str, str]) -> Mapping[str, Any] | None:
        return self.client.get_item(TableName=table, Key=marshal_item(key), ConsistentRead=True).get("Item")

    def _query(self, condition: str, values: Mapping[str, str], **more: Any) -> Iterator[Mapping[str, Any]]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.deliveries_table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=marshal_item(values),
            **more,
        )
        for page in pages:
            yield from page["Items"]

    def _put(self, table: str, item: Mapping[str, Any], key: str, version: int | None) -> bool:
        """`version` is that of the item to replace; None means that there must be no item."""
        request: dict[str, Any] = {"ConditionExpression": f"attribute_not_exists({key})"}
        if version is not None:
            request = {
                "ConditionExpression": "version = :version",
                "ExpressionAttributeValues": marshal_item({":version": version}),
            }
        return self._written(
            self.client.put_item, {"TableName": table, "Item": marshal_item(item), **request}
        )

    def _written(self, write: Callable[..., Any], request: Mapping[str, Any]) -> bool:
        """Whether the condition held."""
        try:
            write(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True


def _item(row: Row) -> dict[str, Any]:
    """The log as JSON: it is only ever read as a whole."""
    item = {name: getattr(row, name) for name in row.__dataclass_fields__}
    if item["state"] in ("delivered", "failed"):
        del item["due_at"]
    if isinstance(row, Delivery):
        return item | {"log": json.dumps(row.log)}
    return item | {"types": list(row.types)}


def _as_subscription(item: Mapping[str, Any]) -> Subscription:
    fields = unmarshal_item(item)
    return Subscription(**fields | {"types": tuple(fields["types"])})


def _as_delivery(item: Mapping[str, Any]) -> Delivery:
    fields = {"due_at": "", **unmarshal_item(item)}
    fields["log"] = tuple(json.loads(fields["log"]))
    return Delivery(**{name: fields[name] for name in Delivery.__dataclass_fields__})
