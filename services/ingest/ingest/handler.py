"""S3 Object Created, Object Deleted -> ImageUploaded | ImageDeleted."""

from __future__ import annotations

from typing import Any

from imagebus.aws import bus, inbox_queue
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.inbox import Delivery, Inbox, one_by_one
from imagebus.telemetry import logger, set_log_context
from ingest.objects import translate


def ingest(delivery: Delivery, bus: EventBus, clock: Clock) -> None:
    fact = translate(delivery.envelope, clock)
    if fact is None:
        logger().info("an old version was removed")
        return
    set_log_context(fact.meta)
    bus.publish([fact])
    logger().info(fact.detail_type)


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    queue, limit = inbox_queue()
    clock = SystemClock()
    inbox = Inbox(one_by_one(lambda d: ingest(d, bus(), clock)), queue, max_receive_count=limit)
    return inbox(event, context)
