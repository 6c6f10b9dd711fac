"""ImageRejected, LabelsDetected, ProcessingFailed, ImageProcessed -> one row each, in S3, for Athena."""

from __future__ import annotations

import os

from analytics.rows import key_of, line_of, row
from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.events.catalog import parse
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context


def receive(delivery: Delivery) -> None:
    """Write the event's row. Its key follows from the event alone, so a duplicate overwrites the same row."""
    envelope = delivery.envelope
    event = parse(envelope["detail-type"], envelope["detail"])
    set_log_context(event.meta)
    line = row(event)
    client("s3").put_object(
        Bucket=os.environ["ROWS_BUCKET"], Key=key_of(line), Body=line_of(line), ContentType="application/json"
    )
    logger().info("received", extra={"event": event.detail_type, "event_id": event.meta.event_id})


#: The Lambda function: a batch from the inbox in, the failed records out.
handle = consumer(receive)
