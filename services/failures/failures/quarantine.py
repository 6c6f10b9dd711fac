"""Stores messages that are not events, unchanged."""

from __future__ import annotations

from imagebus.clock import Clock, timestamp
from imagebus.identity import canonical_json
from imagebus.inbox import Delivery
from imagebus.objects import ObjectStore
from imagebus.telemetry import count, logger


def quarantine(
    delivery: Delivery, stage: str, reason: str, objects: ObjectStore, bucket: str, clock: Clock
) -> None:
    """Store the message and what is known about it as `<stage>/<day>/<message id>.json`."""
    now = timestamp(clock.now())
    content = {
        "stage": stage,
        "reason": reason,
        "quarantined_at": now,
        "queue": delivery.source_arn,
        "attributes": dict(delivery.attributes),
        "body": delivery.body,
    }
    key = f"{stage}/{now[:10]}/{delivery.message_id}.json"
    objects.put(bucket, key, canonical_json(content).encode(), "application/json")
    count("Quarantined", stage)
    logger().error("quarantined", extra={"stage": stage, "reason": reason, "message_id": delivery.message_id})
