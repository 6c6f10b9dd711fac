"""ImageDeleted, ImageRejected, ProcessingFailed, ProcessingStalled, ImageProcessed -> a signed POST for each
subscription, and EndpointDisabled.
"""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache
from typing import Any

from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.events import NotAnEvent
from imagebus.events.catalog import parse
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context
from webhooks.addresses import Rules
from webhooks.event import announcement
from webhooks.fanout import fan_out
from webhooks.keys import Keys
from webhooks.model import Subscription
from webhooks.posting import Poster
from webhooks.queue import Due, Queue
from webhooks.sender import Sender
from webhooks.store import Store
from webhooks.sweeper import sweep

CLOCK = SystemClock()
#: What the rule in template.yml lets through.
TYPES = ("ImageDeleted", "ImageRejected", "ProcessingFailed", "ProcessingStalled", "ImageProcessed")


def receive(delivery: Delivery) -> None:
    """Make the deliveries of one event. If this raises, the event is retried, then becomes a dead letter."""
    envelope = delivery.envelope
    if envelope["detail-type"] not in TYPES:
        raise NotAnEvent(f"webhooks does not listen to {envelope['detail-type']}")
    event = parse(envelope["detail-type"], envelope["detail"])
    set_log_context(event.meta)
    made = fan_out(event, envelope["detail"], store(), queue(), CLOCK)
    logger().info(
        "received", extra={"event": event.detail_type, "event_id": event.meta.event_id, "deliveries": made}
    )


def send(delivery: Delivery) -> None:
    """Attempt one delivery."""
    sender().send(Due.read(delivery.body))


def sweep_all(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """On a schedule: hand over what is due."""
    stack = os.environ["STACK"]

    def announce(subscription: Subscription) -> None:
        bus().publish([announcement(subscription, stack, CLOCK)])

    done = sweep(store(), queue(), announce, CLOCK, context.get_remaining_time_in_millis)
    logger().info("swept", extra=done)
    return done


@cache
def store() -> Store:
    return Store(
        client("dynamodb"),
        os.environ["SUBSCRIPTIONS_TABLE"],
        os.environ["MESSAGES_TABLE"],
        os.environ["DELIVERIES_TABLE"],
        timedelta(days=int(os.environ["RETENTION_DAYS"])),
    )


@cache
def queue() -> Queue:
    return Queue(client("sqs"), os.environ["QUEUE_URL"])


@cache
def sender() -> Sender:
    ports = frozenset(int(each) for each in os.environ["ALLOWED_PORTS"].split(","))
    rules = Rules(ports, loopback=os.environ["ALLOW_LOOPBACK"] == "true")
    return Sender(
        store(),
        Keys(client("ssm"), os.environ["SECRETS_PATH"], CLOCK),
        Poster(rules, timeout=float(os.environ["TIMEOUT_SECONDS"])),
        CLOCK,
        timedelta(days=int(os.environ["DISABLE_AFTER_DAYS"])),
    )


#: The Lambda functions: a batch from the inbox or the queue in, the failed records out.
handle = consumer(receive)
handle_due = consumer(send)
