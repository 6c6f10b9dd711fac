"""ImageUploaded, ImageDeleted, ImageRejected, ProcessingFailed, ProcessingStalled, ImageProcessed ->
a message to every page that is connected.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from botocore.config import Config

from imagebus.aws import CONFIG, client, execute_api
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.events import Event, NotAnEvent
from imagebus.events.catalog import parse
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context
from live.connections import Connections
from live.push import STATES, message, push

#: One post that hangs must not cost the function its 30 seconds, and the other events of the batch with them.
QUICK = CONFIG.merge(Config(read_timeout=3))


def receive(delivery: Delivery) -> None:
    """Tell the pages about one event. If this raises, it is retried; a page ignores what it knows."""
    envelope = delivery.envelope
    event = parse(envelope["detail-type"], envelope["detail"])
    if not isinstance(event, Event) or event.detail_type not in STATES:
        raise NotAnEvent(f"live does not listen to {event.detail_type}")
    set_log_context(event.meta)
    told = push(message(event.detail_type, event.meta), connections())
    logger().info(
        "received", extra={"event": event.detail_type, "event_id": event.meta.event_id, "told": told}
    )


def connect(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """$connect and $disconnect of the WebSocket API, which has checked the caller's signature."""
    context = event["requestContext"]
    change = connections().add if context["eventType"] == "CONNECT" else connections().remove
    change(context["connectionId"])
    return {"statusCode": 200}


@cache
def connections() -> Connections:
    return Connections(client("dynamodb"), os.environ["CONNECTIONS_TABLE"], gateway, SystemClock())


def gateway() -> Any:
    return client("apigatewaymanagementapi", QUICK, execute_api(os.environ["LIVE_API"]))


#: The Lambda function: a batch from the inbox in, the failed records out.
handle = consumer(receive)
