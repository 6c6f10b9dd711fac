"""ImageUploaded, ImageDeleted -> derived images of older revisions are removed."""

from __future__ import annotations

import os

from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.events import Meta
from imagebus.identity import derived_prefix
from imagebus.inbox import Delivery
from imagebus.objects import ObjectStore, S3ObjectStore
from imagebus.telemetry import logger, set_log_context


def clean(delivery: Delivery, objects: ObjectStore, bucket: str) -> None:
    """A worker that writes later checks the upload again, and removes its own objects."""
    meta = Meta.from_json(delivery.envelope["detail"].get("meta"))
    set_log_context(meta)
    prefix = derived_prefix(meta.image_key)
    older = [key for key in objects.list(bucket, prefix) if key[len(prefix) :].split("/")[0] < meta.revision]
    objects.delete(bucket, older)
    logger().info("cleaned", extra={"removed": len(older)})


handle = consumer(
    lambda delivery: clean(delivery, S3ObjectStore(client("s3")), os.environ["IMAGES_BUCKET"]),
    drains=lambda: {os.environ["INBOX_ARN"]: os.environ["INBOX_URL"]},
)
