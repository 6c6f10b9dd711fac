"""dead letters -> ProcessingFailed; what is no event goes to quarantine."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from failures.quarantine import quarantine
from failures.report import report
from imagebus.aws import bus, client
from imagebus.bus import EventBus
from imagebus.clock import Clock, SystemClock
from imagebus.events import NotAnEvent
from imagebus.inbox import Delivery, Inbox, one_by_one
from imagebus.objects import ObjectStore, S3ObjectStore
from imagebus.telemetry import about, logger


def bury(
    delivery: Delivery,
    stages: Mapping[str, str],
    bus: EventBus,
    objects: ObjectStore,
    bucket: str,
    clock: Clock,
) -> None:
    # An event that EventBridge could not deliver names its rule; a dead letter comes from its stage's queue.
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    origin = delivery.attributes.get("RULE_ARN", delivery.source_arn)
    stage = stages.get(origin, "unknown")
    try:
        failure = report(delivery, stage, int(os.environ.get("MAX_RECEIVE_COUNT", "0")), clock)
    except NotAnEvent as reason:
        quarantine(delivery, stage, str(reason), objects, bucket, clock)
        return
    about(failure.meta)
    bus.publish([failure])
    logger().warning("failed", extra={"stage": stage, "error": failure.data.error_type})


@cache
def _objects() -> ObjectStore:
    return S3ObjectStore(client("s3"))


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    stages, bucket = json.loads(os.environ["STAGES"]), os.environ["QUARANTINE_BUCKET"]
    clock = SystemClock()
    # What fails here stays in its queue and is tried until it succeeds: there is nowhere further down.
    return Inbox(one_by_one(lambda d: bury(d, stages, bus(), _objects(), bucket, clock)))(event, context)
