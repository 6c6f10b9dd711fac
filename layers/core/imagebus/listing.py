"""Lists of images from the two sharded indexes, which are eventually consistent, by milliseconds.

A page takes one query per shard, however many images there are. No index knows prefixes: with one,
the whole range is read, but at most some thousand images for one page, which may then be short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from imagebus.clock import parse_timestamp, timestamp
from imagebus.history.fold import STATUS_SK, Item
from imagebus.history.labels import labels, normal, shard_of
from imagebus.identity import SHARDS
from imagebus.store import unmarshal_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
#: Queries of a shard for one page, each of at most 1 MB, if a filter leaves out some of what they read.
ROUNDS = 4

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
class Filters:
    """Images of which all of this is true. `created_at` is at or after `since` and before `until`."""

    status: str | None = None
    prefix: str = ""
    #: As labels are shown; upper and lower case are the same.
    label: str = ""
    since: str = ""
    until: str = ""


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

    def newest(self, filters: Filters, limit: int, cursor: str | None) -> Listed:
        """Images older than the cursor, newest first. Raises ValueError for an invalid cursor.

        Each shard is asked for a whole page, because one shard may hold all of it.
        """
        found: list[Item] = []
        for _ in range(ROUNDS):
            before = _below(decode_cursor(cursor)) if cursor else "~"
            page = self._page(filters, limit - len(found), min(before, filters.until or "~"))
            found += self._with_label(filters, page.items) if filters.label else page.items
            cursor = page.cursor
            if cursor is None or len(found) == limit:
                break
        return Listed(found, cursor)

    def _page(self, filters: Filters, limit: int, before: str) -> Listed:
        if before < filters.since:
            return Listed((), None)
        with ThreadPoolExecutor(SHARDS) as pool:
            pages = list(pool.map(lambda number: self._query(number, filters, limit, before), range(SHARDS)))
        return merge(pages, limit)

    def _with_label(self, filters: Filters, rows: Sequence[Item]) -> list[Item]:
        """The images of these rows of labels that still have the label, in the same order."""
        keys = dict.fromkeys(row["image_key"] for row in rows)
        wanted: Any = [{"image_key": {"S": key}, "sk": {"S": STATUS_SK}} for key in keys]
        found: dict[str, Item] = {}
        while wanted:
            answer: Any = self._client.batch_get_item(RequestItems={self._table: {"Keys": wanted}})
            items = map(unmarshal_item, answer["Responses"].get(self._table, ()))
            found |= {item["image_key"]: item for item in items}
            wanted = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        label = normal(filters.label)
        images = [(row, found[row["image_key"]]) for row in rows if row["image_key"] in found]
        return [
            item
            for row, item in images
            if item["listed_at"] == row["listed_at"]
            and label in labels(item)
            and filters.status in (None, item["status"])
        ]

    def counts(self, statuses: Sequence[str], in_time: Callable[[], bool]) -> tuple[dict[str, int], bool]:
        """How many images have each status, and whether all were counted while `in_time`.

        It reads the index (about a third of a unit for each image), and no image.
        """
        places = [(status, number) for status in statuses for number in range(SHARDS)]
        with ThreadPoolExecutor(8) as pool:
            counted = list(pool.map(lambda place: self._count(place[0], place[1], in_time), places))
        counts = dict.fromkeys(statuses, 0)
        for (status, _), (count, _) in zip(places, counted, strict=True):
            counts[status] += count
        return counts, all(complete for _, complete in counted)

    def _count(self, status: str, number: int, in_time: Callable[[], bool]) -> tuple[int, bool]:
        count = 0
        for page in self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName="by_status",
            Select="COUNT",
            KeyConditionExpression="status_shard = :shard",
            ExpressionAttributeValues={":shard": {"S": f"{status}#{number}"}},
        ):
            count += page["Count"]
            if not in_time():
                return count, "LastEvaluatedKey" not in page
        return count, True

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

    def _query(self, number: int, filters: Filters, limit: int, before: str) -> ShardPage:
        index, attribute, value = "by_time", "list_shard", str(number)
        if filters.label:
            index, attribute, value = "by_status", "status_shard", shard_of(normal(filters.label), number)
        elif filters.status:
            index, attribute, value = "by_status", "status_shard", f"{filters.status}#{number}"
        values = {":shard": {"S": value}, ":since": {"S": filters.since or "0"}, ":before": {"S": before}}
        options: dict[str, Any] = {"Limit": limit}
        if filters.prefix:  # DynamoDB counts what it reads, not what it returns
            values[":prefix"] = {"S": filters.prefix}
            options = {"FilterExpression": "begins_with(image_key, :prefix)"}
        names = {f"#{part}": part for name in ATTRIBUTES for part in name.split(".")}
        answer = self._client.query(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=f"{attribute} = :shard AND listed_at BETWEEN :since AND :before",
            ExpressionAttributeValues=values,
            ProjectionExpression=",".join("#" + name.replace(".", ".#") for name in ATTRIBUTES),
            ExpressionAttributeNames=names,
            ScanIndexForward=False,
            **options,
        )
        items = [unmarshal_item(item) for item in answer["Items"]]
        return ShardPage(items, answer.get("LastEvaluatedKey", {}).get("listed_at", {}).get("S", ""))


@dataclass(frozen=True, slots=True)
class ShardPage:
    """The newest items of one shard. `end`: where the query ended, if there may be older ones."""

    items: Sequence[Mapping[str, Any]]
    end: str = ""


def merge(pages: Sequence[ShardPage], limit: int) -> Listed:
    """The newest `limit` items of all shards.

    A query also ends after 1 MB. Items older than the end of such a short page wait for the next page;
    otherwise the items that the short page lacks would be skipped.
    """
    floor = max(page.end for page in pages)
    known = [dict(item) for page in pages for item in page.items if item["listed_at"] >= floor]
    known.sort(key=lambda item: str(item["listed_at"]), reverse=True)
    chosen = known[:limit]
    end = chosen[-1]["listed_at"] if len(known) > limit else floor
    return Listed(chosen, encode_cursor(end) if end else None)


def _below(listed_at: str) -> str:
    """The last position before it, because DynamoDB's BETWEEN includes both ends."""
    created_at, _, image_id = listed_at.partition("#")
    number = int(image_id, 16)
    return f"{created_at}#{number - 1:032x}" if number else created_at
