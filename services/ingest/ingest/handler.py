"""S3 Object Created, Object Deleted -> ImageUploaded | ImageDeleted."""

from __future__ import annotations

from imagebus.aws import bus
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context
from ingest.objects import translate


def ingest(delivery: Delivery, bus: EventBus, clock: Clock) -> None:
    fact = translate(delivery.envelope, clock)
    if fact is None:
        logger().info("an old version was deleted")
        return
    set_log_context(fact.meta)
    bus.publish([fact])
    logger().info(fact.detail_type)


handle = consumer(lambda delivery: ingest(delivery, bus(), SystemClock()))
