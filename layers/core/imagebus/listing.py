"""Lists of images from the two sharded indexes, which are eventually consistent, by milliseconds.

A page takes one query per shard, however many images there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from imagebus.clock import parse_timestamp, timestamp
from imagebus.history.fold import Item
from imagebus.identity import SHARDS
from imagebus.store import unmarshal_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_LIMIT = 25
MAX_LIMIT = 100

#: The attributes of a status item that a list shows.
ATTRIBUTES = (
    "image_key",
    "status",
    "reason",
    "created_at",
    "updated_at",
    "listed_at",
    "size",
    "format",
    "mime",
    "width",
    "height",
    "version_id",
    "thumbnails",
    "watermarked",
    "recipe",
    "derived",
    "metadata.thumbhash",
)

_CURSOR = re.compile(r"0[0-9a-f]{43}")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of status items, and the cursor of the next page (None after the last)."""

    items: Sequence[Item]
    cursor: str | None


def encode_cursor(listed_at: str) -> str:
    """`<created_at>#<image_id>` as 12 hexadecimal digits of milliseconds, then the id."""
    created_at, _, image_id = listed_at.partition("#")
    return f"{round(parse_timestamp(created_at).timestamp() * 1000):012x}{image_id}"


def decode_cursor(cursor: str) -> str:
    """The inverse. Every text of the pattern is a position. Raises ValueError for any other text."""
    if not _CURSOR.fullmatch(cursor):
        raise ValueError("not a cursor")
    milliseconds = int(cursor[:12], 16)
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC).replace(microsecond=milliseconds % 1000 * 1000)
    return f"{timestamp(moment)}#{cursor[12:]}"


class ImageIndex:
    """Reads `by_time` and `by_status`."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._client = client
        self._table = table_name

    def newest(self, status: str | None, limit: int, cursor: str | None) -> Listed:
        """Images older than the cursor, newest first. Raises ValueError for an invalid cursor.

        Each shard is asked for a whole page, because one shard may hold all of it.
        """
        before = decode_cursor(cursor) if cursor else None
        with ThreadPoolExecutor(SHARDS) as pool:
            pages = list(pool.map(lambda number: self._query(number, status, limit, before), range(SHARDS)))
        return merge(pages, limit)

    def with_status(self, status: str) -> Iterator[Item]:
        """Every status item of that status."""
        for number in range(SHARDS):
            yield from self.of_shard(number, status)

    def of_shard(self, number: int, status: str, listed_before: str = "~") -> Iterator[Item]:
        """Those of one shard that were listed before that time (`~`: after any time)."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_status",
            KeyConditionExpression="status_shard = :shard AND listed_at < :before",
            ExpressionAttributeValues={
                ":shard": {"S": f"{status}#{number}"},
                ":before": {"S": listed_before},
            },
        )
        for page in pages:
            yield from map(unmarshal_item, page["Items"])

    def _query(self, number: int, status: str | None, limit: int, before: str | None) -> ShardPage:
        index, attribute, value = (
            ("by_status", "status_shard", f"{status}#{number}")
            if status
            else ("by_time", "list_shard", str(number))
        )
        condition, values = f"{attribute} = :shard", {":shard": {"S": value}}
        if before:
            condition += " AND listed_at < :before"
            values[":before"] = {"S": before}
        names = {f"#{part}": part for name in ATTRIBUTES for part in name.split(".")}
        answer = self._client.query(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ProjectionExpression=",".join("#" + name.replace(".", ".#") for name in ATTRIBUTES),
            ExpressionAttributeNames=names,
            ScanIndexForward=False,
            Limit=limit,
        )
        items = [unmarshal_item(item) for item in answer["Items"]]
        return ShardPage(items, more="LastEvaluatedKey" in answer)


@dataclass(frozen=True, slots=True)
class ShardPage:
    """The newest items of one shard; `more`: there may be older ones."""

    items: Sequence[Mapping[str, Any]]
    more: bool


def merge(pages: Sequence[ShardPage], limit: int) -> Listed:
    """The newest `limit` items of all shards.

    A query also ends after 1 MB. Items older than the end of such a short page wait for the next page;
    otherwise the items that the short page lacks would be skipped.
    """
    floor = max((page.items[-1]["listed_at"] for page in pages if page.more and page.items), default="")
    known = [dict(item) for page in pages for item in page.items if item["listed_at"] >= floor]
    known.sort(key=lambda item: str(item["listed_at"]), reverse=True)
    chosen = known[:limit]
    complete = len(chosen) == sum(len(page.items) for page in pages) and not any(page.more for page in pages)
    return Listed(chosen, None if complete or not chosen else encode_cursor(chosen[-1]["listed_at"]))
