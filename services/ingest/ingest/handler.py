"""S3 Object Created, Object Deleted -> ImageUploaded | ImageDeleted."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from imagebus.aws import bus, client
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.consumer import consumer
from imagebus.events import Event, EventData
from imagebus.events.ingest import ImageDeleted
from imagebus.inbox import Delivery
from imagebus.objects import ObjectStore, S3ObjectStore
from imagebus.telemetry import logger, set_log_context
from ingest.folders import is_of_folder
from ingest.keys import under_actual_key
from ingest.objects import translate

if TYPE_CHECKING:
    from ingest.removals import Past


def ingest(
    delivery: Delivery, bus: EventBus, objects: ObjectStore, past: Callable[[], Past], clock: Clock
) -> None:
    event: Event[EventData] | None
    if fact := translate(delivery.envelope, clock):
        erased = None
        if isinstance(fact.data, ImageDeleted):
            from ingest.removals import key_of_erase

            erased = key_of_erase(fact.meta, past().erasures)
        event = under_actual_key(fact, objects.has_version, clock, erased)
        if is_of_folder(event, objects):
            logger().info("a folder, not an image")
            return
    else:
        from ingest.removals import announce_current  # removals are rare, and it loads every contract

        event = announce_current(delivery.envelope, objects, past, clock)
    if event is None:
        logger().info("the current version has not changed")
        return
    set_log_context(event.meta)
    bus.publish([event])
    logger().info(event.detail_type)


def _past() -> Past:
    from ingest.removals import DynamoDBPast

    return DynamoDBPast(client("dynamodb"), os.environ["STATUS_TABLE"], os.environ["ERASURES_TABLE"])


handle = consumer(lambda delivery: ingest(delivery, bus(), S3ObjectStore(client("s3")), _past, SystemClock()))
