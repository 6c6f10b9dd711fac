"""Put objects into the uploads bucket, and wait until each has a final status."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imagebus.history.fold import STATUS_SK, Item
from imagebus.store import unmarshal_item
from imagebus_cli.stack.deployed import Stack

TERMINAL = frozenset({"completed", "rejected", "failed", "deleted"})

#: How many seconds a command waits for the next image to finish, unless --timeout says otherwise.
PATIENCE = 120.0

#: BatchGetItem's limit.
BATCH = 100


@dataclass(frozen=True)
class Upload:
    """An object that was put. `previous` is the revision in the status table before that, or empty."""

    key: str
    previous: str
    started: datetime


def put_all(stack: Stack, objects: Mapping[str, Callable[[], bytes]], *, parallel: int = 8) -> list[Upload]:
    """Put every object, with at most `parallel` in memory at once. Raises what boto3 raises."""
    previous = {key: str(item["revision"]) for key, item in statuses(stack, objects).items()}

    def put(key: str) -> Upload:
        data = objects[key]()
        content_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
        started = datetime.now(UTC)
        stack.s3.put_object(Bucket=stack.uploads, Key=key, Body=data, ContentType=content_type)
        return Upload(key, previous.get(key, ""), started)

    with ThreadPoolExecutor(parallel) as pool:
        return list(pool.map(put, objects))


def wait(
    stack: Stack,
    uploads: Sequence[Upload],
    *,
    patience: float,
    pause: float = 0.25,
    final: frozenset[str] = TERMINAL,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Item]:
    """Status items of the finished uploads, by key.

    Gives up when none has finished for `patience` seconds; unfinished uploads are missing from the result.
    """
    pending = {upload.key: upload for upload in uploads}
    done: dict[str, Item] = {}
    deadline = time.monotonic() + patience
    while pending:
        for key, item in statuses(stack, pending, ("image_key", "status", "revision")).items():
            if item["revision"] > pending[key].previous and item["status"] in final:
                done[key] = item
                del pending[key]
                deadline = time.monotonic() + patience
        progress(len(done))
        if time.monotonic() > deadline:
            break
        if pending:
            time.sleep(pause)
    return statuses(stack, done)


def watch(
    stack: Stack,
    uploads: Sequence[Upload],
    *,
    patience: float | None = None,
    final: frozenset[str] = TERMINAL,
) -> dict[str, Item]:
    """Wait as `wait` does, and show it. After a timeout no check mark says that the work was done."""
    from imagebus_cli.output import terminal

    total, limit = len(uploads), PATIENCE if patience is None else patience
    with terminal.step("processing") as say:
        done = wait(
            stack,
            uploads,
            patience=limit,
            final=final,
            progress=lambda number: say(f"{number} of {total} finished"),
        )
        if len(done) < total:
            say.unfinished(f"{total - len(done)} of {total} not finished, and none finished for {limit:g} s")
    return done


def statuses(stack: Stack, keys: Iterable[str], attributes: Sequence[str] = ()) -> dict[str, Item]:
    """The existing status items, by key, read in batches; all attributes unless some are named."""
    found: dict[str, Item] = {}
    table = stack.outputs["StatusTableName"]
    projection: dict[str, Any] = {}
    if attributes:
        names = {f"#{number}": name for number, name in enumerate(attributes)}
        projection = {"ProjectionExpression": ",".join(names), "ExpressionAttributeNames": names}
    for chunk in _batches(list(dict.fromkeys(keys))):
        wanted: list[dict[str, Any]] = [{"image_key": {"S": key}, "sk": {"S": STATUS_SK}} for key in chunk]
        while wanted:
            request: dict[str, Any] = {table: {"Keys": wanted, "ConsistentRead": True, **projection}}
            answer = stack.dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(table, ()):
                plain = unmarshal_item(item)
                found[plain["image_key"]] = plain
            rest: Any = answer.get("UnprocessedKeys", {}).get(table, {})
            wanted = list(rest.get("Keys", ()))
    return found


def seconds(upload: Upload, item: Item) -> float:
    """From the start of the upload to its final event."""
    ended = datetime.fromisoformat(item.get("completed_at") or item["updated_at"])
    return max(0.0, (ended - upload.started).total_seconds())


def _batches(keys: list[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
