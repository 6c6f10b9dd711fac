"""ImageUploaded -> ImageValidated | ImageRejected."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import bus, client
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.consumer import consumer
from imagebus.events import caused_by
from imagebus.events.ingest import ImageUploaded
from imagebus.inbox import Delivery
from imagebus.meter import Meter
from imagebus.objects import ObjectStore, S3ObjectStore, Superseded
from imagebus.recipes.store import DynamoDBRecipes
from imagebus.telemetry import logger, set_log_context
from imagebus_imaging import Limits
from validator.rules import Choose, chooser, judge, limits_of


def validate(
    delivery: Delivery, bus: EventBus, objects: ObjectStore, clock: Clock, limits: Limits, choose: Choose
) -> None:
    meter = Meter(clock)
    event = delivery.event(ImageUploaded)
    set_log_context(event.meta)
    try:
        verdict = judge(event, objects, limits, choose, meter)
    except Superseded:
        logger().info("superseded")
        return
    bus.publish([caused_by(event.meta, verdict, clock=clock, usage=meter.usage())])
    logger().info(verdict.detail_type)


@cache
def _choose() -> Choose:
    recipes = DynamoDBRecipes(client("dynamodb"), os.environ["RECIPES_TABLE"], SystemClock())
    return chooser(recipes, os.environ)


def _validate(delivery: Delivery) -> None:
    validate(delivery, bus(), S3ObjectStore(client("s3")), SystemClock(), limits_of(os.environ), _choose())


handle = consumer(_validate)
