"""dead letters -> ProcessingFailed; what is not an event goes to quarantine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from failures.dead_letter import handle_dead_letter
from failures.queues import queues
from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.inbox import Delivery
from imagebus.objects import S3ObjectStore


class NotReported(Exception):
    """Some dead letters could not be reported. They stay in their queues, and the next drain retries them."""


def _report(delivery: Delivery) -> None:
    objects, bucket = S3ObjectStore(client("s3")), os.environ["QUARANTINE_BUCKET"]
    handle_dead_letter(delivery, bus(), objects, bucket, SystemClock())


def _queues() -> Mapping[str, str]:
    return queues(os.environ["EVENT_BUS"], os.environ["UNDELIVERED_ARN"], os.environ["UNDELIVERED_URL"])


_consume = consumer(_report, drains=_queues, dead_letters=False)


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """For a batch of an event source mapping, and for the schedule that replaces the mappings."""
    answer = _consume(event, context)
    if failed := answer.get("failed"):
        raise NotReported(f"{failed} dead letters")
    return answer
