"""ImageProcessed, ImageRejected, ProcessingFailed, ProcessingStalled -> SNS."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.erasures import DynamoDBErasures, Erasures
from imagebus.events import NotAnEvent, read
from imagebus.events.failures import ProcessingFailed, is_of_backfill
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context
from notifier.ledger import DynamoDBLedger, Ledger
from notifier.messages import HANDLED
from notifier.notify import SNSTopic, Topic, notify


def notify_delivery(delivery: Delivery, ledger: Ledger, topic: Topic, erasures: Erasures) -> None:
    envelope = delivery.envelope
    if envelope["detail-type"] not in HANDLED:
        raise NotAnEvent(f"no notification for {envelope['detail-type']}")
    event = read(HANDLED[envelope["detail-type"]], envelope["detail"])
    set_log_context(event.meta)
    if delivery.replayed:  # the rule already excludes replays; nobody is notified about the past
        return
    if isinstance(event.data, ProcessingFailed) and is_of_backfill(event.data.as_json()):
        logger().info("of a backfill")  # whose command reports it
        return
    if erasures.of(event.meta.image_key).covers(event.meta.as_json()):
        logger().info("erased")
        return
    sent = notify(event, ledger, topic)
    logger().info("notified" if sent else "already notified", extra={"event": event.detail_type})


@cache
def _ports() -> tuple[Ledger, Topic, Erasures]:
    keep_days = int(os.environ["LEDGER_DAYS"])
    ledger = DynamoDBLedger(client("dynamodb"), os.environ["LEDGER_TABLE"], SystemClock(), keep_days)
    erasures = DynamoDBErasures(client("dynamodb"), os.environ["ERASURES_TABLE"])
    return ledger, SNSTopic(client("sns"), os.environ["TOPIC_ARN"]), erasures


handle = consumer(lambda delivery: notify_delivery(delivery, *_ports()))
