"""The status table as a whole. Every method here reads all of it, which no request may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from imagebus.history.fold import STATUS_SK, Item
from imagebus.history.labels import LABEL_PREFIX
from imagebus.history.recorded import UNREADABLE, RecordedEvent
from imagebus.identity import SHARDS
from imagebus.store import status_put, unmarshal_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class ScannedImage:
    """An image as the scan found it: its status item was read after its log."""

    image_key: str
    status: Item | None
    #: of the newest revision
    log: Sequence[RecordedEvent]
    #: why the items could not be read, if so
    error: str = ""
    #: the other items as they are stored: of older revisions, and what is kept beside the log
    others: Sequence[Mapping[str, Any]] = ()
    labels: Sequence[Item] = ()


class StatusTable:
    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def image_keys(self) -> Iterator[str]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table, ProjectionExpression="image_key", ConsistentRead=True
        )
        items = (item for page in pages for item in page["Items"])
        return (key for key, _ in groupby(items, key=lambda item: item["image_key"]["S"]))

    def images(self) -> Iterator[ScannedImage]:
        """Every image, including those that cannot be read."""
        pages = self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
        items = (item for page in pages for item in page["Items"])
        # A scan returns the items of one partition together, sorted by their sort key: log, labels, STATUS.
        for image_key, rows in groupby(items, key=lambda item: item["image_key"]["S"]):
            try:
                yield _scanned(image_key, rows)
            except UNREADABLE as error:
                yield ScannedImage(image_key, None, (), error=described(error))

    def digests(self) -> dict[str, str]:
        """Which log each status item was folded from. The index may lag by milliseconds."""
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

    def replace_statuses(self, items: Sequence[tuple[Item, str | None]]) -> bool:
        """`EventStore.replace_status` for up to 25 items of different images: all of them, or none."""
        puts = [{"Put": status_put(self._table, item, digest)} for item, digest in items]
        try:
            self._client.transact_write_items(TransactItems=puts)  # type: ignore[arg-type]
        except ClientError as error:
            if is_about_items(error):
                return False
            raise
        return True


def _scanned(image_key: str, rows: Iterator[Any]) -> ScannedImage:
    status, log, others = None, list[Any](), list[Any]()
    for row in rows:
        if row["sk"]["S"] == STATUS_SK:
            status = unmarshal_item(row)
            continue
        if "event" in row and log and row["revision"] != log[0]["revision"]:
            others += log
            log = []
        (log if "event" in row else others).append(row)
    events = [RecordedEvent.from_canonical(row["event"]["S"]) for row in log]
    labels = [unmarshal_item(row) for row in others if row["sk"]["S"].startswith(LABEL_PREFIX)]
    return ScannedImage(image_key, status, events, others=others, labels=labels)


def is_about_items(error: ClientError) -> bool:
    """Whether DynamoDB refused these items (they changed, or are too large), and may take others."""
    return error.response["Error"]["Code"] in ("TransactionCanceledException", "ValidationException")


def described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
