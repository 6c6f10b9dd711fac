"""dead letters -> ProcessingFailed; what is no event goes to quarantine."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from failures.dead_letter import handle_dead_letter
from failures.queues import queues
from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.drain import drain
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import ObjectStore, S3ObjectStore


class NotReported(Exception):
    """Some dead letters could not be reported. They stay in their queues, and the next drain retries them."""


@cache
def _objects() -> ObjectStore:
    return S3ObjectStore(client("s3"))


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """For a batch of an event source mapping, and for the schedule that replaces the mappings."""
    bucket, clock = os.environ["QUARANTINE_BUCKET"], SystemClock()
    # What fails here stays in its queue and is retried until it succeeds: there is nowhere further down.
    inbox = Inbox(one_by_one(lambda d: handle_dead_letter(d, bus(), _objects(), bucket, clock)))
    if "Records" in event:
        return inbox(event, context)
    letters = queues(*(os.environ[name] for name in ("EVENT_BUS", "UNDELIVERED_ARN", "UNDELIVERED_URL")))
    counts = drain(inbox, client("sqs"), letters, context.get_remaining_time_in_millis)
    if counts["failed"]:
        raise NotReported(f"{counts['failed']} dead letters")
    return counts
