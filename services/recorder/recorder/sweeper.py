"""a schedule -> ImageProcessed that a crash swallowed, and ProcessingStalled."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, TypeVar

from imagebus.clock import Clock, SystemClock, parse_timestamp, timestamp
from imagebus.store import EventStore, Item, RecordedEvent
from imagebus.telemetry import logger
from recorder.record import Recorder
from recorder.replays import EventBridgeReplays, Replays

#: Younger images are still being worked on by the recorder itself.
SETTLE_SECONDS = 60
BATCH = 100

State = tuple[Item, Sequence[RecordedEvent]]
T = TypeVar("T")


class SweepIncomplete(Exception):
    """Some images could not be brought to their end; the log says which."""


def sweep(
    store: EventStore, recorder: Recorder, replays: Replays, clock: Clock, stalled_after_s: int
) -> dict[str, int]:
    """Bring every image that is `processing` for too long to its end.

    Raises SweepIncomplete where that failed for some, once all others are done.
    """
    counts = {"announced": 0, "stalled": 0, "held": 0, "failed": 0}
    for listed in _batches(_due(store, clock, stalled_after_s), BATCH):
        stalled: list[State] = []
        for item in listed:
            try:
                _settle(item["image_key"], recorder, counts, stalled)
            except Exception:  # noqa: BLE001  whatever it was: it is counted, logged and reported
                # One image that cannot be folded must not keep all others from their end.
                counts["failed"] += 1
                logger().exception("not swept", extra={"listed_at": item["listed_at"]})
        # Asked after the logs were read: what a replay had brought of them by then, it had begun to bring.
        if stalled and replays.arriving():
            counts["held"] += len(stalled)
            continue
        for state in stalled:
            recorder.stall(*state)
            counts["stalled"] += 1
    logger().info("swept", extra=counts)
    if counts["failed"]:
        raise SweepIncomplete(f"{counts['failed']} images")
    return counts


def _due(store: EventStore, clock: Clock, stalled_after_s: int) -> Iterator[Item]:
    """Images that wait for nothing, or for too long. The others, still being worked on, are left alone."""
    now = clock.now()
    settled = timestamp(now - timedelta(seconds=min(SETTLE_SECONDS, stalled_after_s)))
    stalled = now - timedelta(seconds=stalled_after_s)
    for item in store.processing(settled):
        if not item["outstanding"] or parse_timestamp(item["created_at"]) <= stalled:
            yield item


def _settle(key: str, recorder: Recorder, counts: dict[str, int], stalled: list[State]) -> None:
    item, log = recorder.project(key)
    if recorder.is_unannounced(item):
        recorder.announce(item, log)
        counts["announced"] += 1
    elif item["status"] == "processing":
        stalled.append((item, log))


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    from imagebus.aws import client
    from imagebus.store import DynamoDBEventStore
    from recorder.handler import recorder

    clock = SystemClock()
    stalled_after_s = int(os.environ["STALLED_AFTER_SECONDS"])
    store = DynamoDBEventStore(client("dynamodb"), os.environ["STATUS_TABLE"])
    replays = EventBridgeReplays(client("events"), os.environ["ARCHIVE_NAME"], clock, stalled_after_s)
    return sweep(store, recorder(), replays, clock, stalled_after_s)
