"""ImageUploaded, ImageDeleted -> derived images of older revisions are removed."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from imagebus.aws import client, inbox_queue
from imagebus.drain import drain
from imagebus.events import Meta
from imagebus.identity import derived_prefix
from imagebus.inbox import Delivery, Inbox, one_by_one
from imagebus.objects import ObjectStore, S3ObjectStore
from imagebus.telemetry import logger, set_log_context


def clean(delivery: Delivery, objects: ObjectStore, bucket: str) -> None:
    """A worker that writes after this looks at the upload again, and removes what it wrote itself."""
    meta = Meta.from_json(delivery.envelope["detail"].get("meta") or {})
    set_log_context(meta)
    prefix = derived_prefix(meta.image_key)
    older = [key for key in objects.list(bucket, prefix) if key[len(prefix) :].split("/")[0] < meta.revision]
    objects.delete(bucket, older)
    logger().info("cleaned", extra={"removed": len(older)})


@cache
def _objects() -> ObjectStore:
    return S3ObjectStore(client("s3"))


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """For a batch of the event source mapping, and for the schedule that stands in for it."""
    queue, limit = inbox_queue()
    bucket = os.environ["IMAGES_BUCKET"]
    inbox = Inbox(one_by_one(lambda d: clean(d, _objects(), bucket)), queue, max_receive_count=limit)
    if "Records" in event:
        return inbox(event, context)
    urls = {os.environ["INBOX_ARN"]: os.environ["INBOX_URL"]}
    return drain(inbox, client("sqs"), urls, context.get_remaining_time_in_millis)
