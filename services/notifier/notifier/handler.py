"""ImageProcessed, ImageRejected, ProcessingFailed, ProcessingStalled -> SNS."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.events import NotAnEvent, read
from imagebus.inbox import Delivery
from imagebus.telemetry import logger, set_log_context
from notifier.ledger import DynamoDBLedger, Ledger
from notifier.messages import HANDLED
from notifier.notify import SNSTopic, Topic, notify


def notify_delivery(delivery: Delivery, ledger: Ledger, topic: Topic) -> None:
    envelope = delivery.envelope
    if envelope["detail-type"] not in HANDLED:
        raise NotAnEvent(f"no notification for {envelope['detail-type']}")
    event = read(HANDLED[envelope["detail-type"]], envelope["detail"])
    set_log_context(event.meta)
    if delivery.replayed:  # the rule already excludes replays; nobody is notified about the past
        return
    sent = notify(event, ledger, topic)
    logger().info("notified" if sent else "already notified", extra={"event": event.detail_type})


@cache
def _ports() -> tuple[Ledger, Topic]:
    keep_days = int(os.environ["LEDGER_DAYS"])
    ledger = DynamoDBLedger(client("dynamodb"), os.environ["LEDGER_TABLE"], SystemClock(), keep_days)
    return ledger, SNSTopic(client("sns"), os.environ["TOPIC_ARN"])


handle = consumer(lambda delivery: notify_delivery(delivery, *_ports()))
