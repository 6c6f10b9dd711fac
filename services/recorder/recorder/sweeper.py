"""a schedule -> ImageProcessed that a crash swallowed, and ProcessingStalled."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from imagebus.clock import Clock, SystemClock, parse_timestamp, timestamp
from imagebus.store import EventStore
from imagebus.telemetry import logger
from recorder.record import Recorder

#: Younger images are still being worked on by the recorder itself.
SETTLE_SECONDS = 60


def sweep(store: EventStore, recorder: Recorder, clock: Clock, stalled_after_s: int) -> dict[str, int]:
    """Bring every image that is `processing` for too long to its end."""
    now = clock.now()
    counts = {"announced": 0, "stalled": 0}
    settled = timestamp(now - timedelta(seconds=min(SETTLE_SECONDS, stalled_after_s)))
    for key in store.processing(settled):
        item, log = recorder.project(key)
        if recorder.is_unannounced(item):
            recorder.announce(item, log)
            counts["announced"] += 1
        elif item["status"] == "processing" and _age(item["created_at"], clock) >= stalled_after_s:
            recorder.stall(item, log)
            counts["stalled"] += 1
    return counts


def _age(created_at: str, clock: Clock) -> float:
    return (clock.now() - parse_timestamp(created_at)).total_seconds()


def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    from imagebus.aws import client
    from imagebus.store import DynamoDBEventStore
    from recorder.handler import recorder

    store = DynamoDBEventStore(client("dynamodb"), os.environ["STATUS_TABLE"])
    counts = sweep(store, recorder(), SystemClock(), int(os.environ["STALLED_AFTER_SECONDS"]))
    logger().info("swept", extra=counts)
    return counts
