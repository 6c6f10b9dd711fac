"""ImageValidated -> MetadataExtracted."""

from __future__ import annotations

from functools import cache
from typing import Any

from imagebus.aws import bus, client, inbox_queue
from imagebus.clock import SystemClock
from imagebus.events.analyzer import MetadataExtracted
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.worker import Job, Result, Worker
from imagebus_imaging import describe


def metadata_work(job: Job) -> Result:
    found = describe(job.data)
    fact = MetadataExtracted(
        properties=found.properties,
        exif=found.exif,
        dominant_colors=tuple(found.dominant_colors),
        thumbhash=found.thumbhash,
        phash=found.phash,
    )
    return Result(fact)


@cache
def _worker() -> Worker:
    return Worker(bus(), S3ObjectStore(client("s3")), SystemClock(), "", metadata_work)


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    queue, limit = inbox_queue()
    return Inbox(one_by_one(_worker()), queue, max_receive_count=limit)(event, context)
