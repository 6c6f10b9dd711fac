"""ImageRejected, ImageProcessed -> tags on the original object in S3."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.events import NotAnEvent
from imagebus.events.recorder import ImageProcessed
from imagebus.events.validator import ImageRejected
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context
from tagger.objects import write
from tagger.tags import tags

#: What the rule in template.yml matches.
HANDLERS: Mapping[str, Callable[[Delivery], None]] = {
    "ImageRejected": lambda delivery: tag(delivery, ImageRejected),
    "ImageProcessed": lambda delivery: tag(delivery, ImageProcessed),
}


def tag(delivery: Delivery, model: type[ImageProcessed | ImageRejected]) -> None:
    event = delivery.event(model)
    set_log_context(event.meta)
    done = write(client("s3"), os.environ["UPLOADS_BUCKET"], event.meta, tags(event))
    logger().info(
        "received", extra={"event": event.detail_type, "event_id": event.meta.event_id, "tagged": done}
    )


def receive(delivery: Delivery) -> None:
    """Handle one event. If this raises, the event is retried, and finally becomes a dead letter."""
    detail_type = delivery.envelope["detail-type"]
    if detail_type not in HANDLERS:
        raise NotAnEvent(f"tagger does not listen to {detail_type}")
    HANDLERS[detail_type](delivery)


#: The Lambda function: a batch from the inbox in, the failed records out.
handle = consumer(receive)
