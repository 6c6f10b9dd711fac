"""A dead letter becomes an event that reports the failure, or is kept in quarantine."""

from __future__ import annotations

import os

from failures.quarantine import quarantine
from failures.report import report
from imagebus.bus import EventBus
from imagebus.clock import Clock
from imagebus.events import NotAnEvent
from imagebus.inbox import Delivery
from imagebus.naming import stage_of
from imagebus.objects import ObjectStore
from imagebus.telemetry import logger, set_log_context


def handle_dead_letter(
    delivery: Delivery,
    bus: EventBus,
    objects: ObjectStore,
    bucket: str,
    clock: Clock,
) -> None:
    # An undelivered event names its rule; a dead letter comes from its stage's queue.
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    stage = stage_of(delivery.attributes.get("RULE_ARN", delivery.source_arn)) or "unknown"
    try:
        failure = report(delivery, stage, int(os.environ.get("MAX_RECEIVE_COUNT", "0")), clock)
    except NotAnEvent as reason:
        quarantine(delivery, stage, str(reason), objects, bucket, clock)
        return
    set_log_context(failure.meta)
    bus.publish([failure])
    logger().warning("failed", extra={"stage": stage, "error": failure.data.error_type})
