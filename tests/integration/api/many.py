"""Any number of status items, as the recorder writes them.

On a real table: `python -m tests.integration.api.many TABLE COUNT`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from imagebus.clock import timestamp
from imagebus.history.fold import STATUS_SK
from imagebus.identity import image_id, shard
from imagebus.store import marshal_item

START = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 25


def items(count: int) -> Iterator[dict[str, Any]]:
    """Completed images, one a second."""
    for number in range(count):
        key = f"many/{number:06d}.jpg"
        created_at = timestamp(START + timedelta(seconds=number))
        yield {
            "image_key": key,
            "sk": STATUS_SK,
            "status": "completed",
            "revision": "1".rjust(32, "0"),
            "created_at": created_at,
            "updated_at": created_at,
            "size": 1_000_000 + number,
            "format": "JPEG",
            "width": 4000,
            "height": 3000,
            "watermarked": {"bytes": 500_000},
            "log_digest": f"{number:064d}",
            "list_shard": shard(key),
            "status_shard": f"completed#{shard(key)}",
            "listed_at": f"{created_at}#{image_id(key)}",
        }


def write(client: Any, table: str, count: int) -> None:
    requests = [{"PutRequest": {"Item": marshal_item(item)}} for item in items(count)]
    for start in range(0, count, BATCH):
        pending = {table: requests[start : start + BATCH]}
        while pending:
            pending = client.batch_write_item(RequestItems=pending).get("UnprocessedItems", {})


if __name__ == "__main__":
    write(boto3.client("dynamodb"), sys.argv[1], int(sys.argv[2]))
