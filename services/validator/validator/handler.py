"""ImageUploaded -> ImageValidated | ImageRejected."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from imagebus.aws import bus, client, inbox_queue
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.events import caused_by
from imagebus.events.ingest import ImageUploaded
from imagebus.inbox import Delivery, Inbox, one_by_one
from imagebus.meter import Meter
from imagebus.objects import ObjectStore, S3ObjectStore, Superseded
from imagebus.telemetry import logger, set_log_context
from imagebus_imaging import Limits
from validator.rules import judge, limits_of


def validate(delivery: Delivery, bus: EventBus, objects: ObjectStore, clock: Clock, limits: Limits) -> None:
    meter = Meter(clock)
    event = delivery.event(ImageUploaded)
    set_log_context(event.meta)
    try:
        verdict = judge(event, objects, limits, meter)
    except Superseded:
        logger().info("superseded")
        return
    bus.publish([caused_by(event.meta, verdict, clock=clock, usage=meter.usage())])
    logger().info(verdict.detail_type)


@cache
def _limits() -> Limits:
    return limits_of(os.environ)


@cache
def _objects() -> ObjectStore:
    return S3ObjectStore(client("s3"))


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    queue, limit = inbox_queue()
    clock = SystemClock()
    inbox = Inbox(
        one_by_one(lambda d: validate(d, bus(), _objects(), clock, _limits())), queue, max_receive_count=limit
    )
    return inbox(event, context)
