"""S3 Object Created, Object Deleted -> ImageUploaded | ImageDeleted."""

from __future__ import annotations

from imagebus.aws import bus, client
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.objects import S3ObjectStore
from imagebus.telemetry import logger, set_log_context
from ingest.keys import HasVersion, under_actual_key
from ingest.objects import translate


def ingest(delivery: Delivery, bus: EventBus, has_version: HasVersion, clock: Clock) -> None:
    fact = translate(delivery.envelope, clock)
    if fact is None:
        logger().info("an old version was deleted")
        return
    event = under_actual_key(fact, has_version, clock)
    set_log_context(event.meta)
    bus.publish([event])
    logger().info(event.detail_type)


def _has_version(bucket: str, key: str, version_id: str) -> bool:
    return S3ObjectStore(client("s3")).has_version(bucket, key, version_id)


handle = consumer(lambda delivery: ingest(delivery, bus(), _has_version, SystemClock()))
