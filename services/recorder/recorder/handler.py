"""every event -> ImageProcessed, once all required facts are in."""

from __future__ import annotations

import os
from functools import cache

from imagebus.aws import bus, client
from imagebus.clock import SystemClock
from imagebus.consumer import consumer
from imagebus.erasures import DynamoDBErasures
from imagebus.events import Meta
from imagebus.events.catalog import OF_THE_STACK
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import Required
from imagebus.inbox import Delivery, Group
from imagebus.store import DynamoDBEventStore
from imagebus.telemetry import logger, set_log_context
from recorder.carried import carried, check
from recorder.measure import measure
from recorder.record import Recorder


def image_key(delivery: Delivery) -> str:
    """Which image the event is about. An event that breaks its contract is refused here, before the log."""
    return check(delivery.envelope["detail-type"], delivery.envelope["detail"]).image_key


def record_group(recorder: Recorder, group: Group) -> None:
    """Record all deliveries of a batch about one image: one read of its log, one write of its status."""
    if group[0].envelope["detail-type"] in OF_THE_STACK:
        return  # in no image's log
    key = image_key(group[0])
    delivered = [(RecordedEvent.from_envelope(delivery.envelope), delivery) for delivery in group]
    set_log_context(Meta.from_json(delivered[-1][0].meta))
    events = [event for event, _ in delivered]
    events += [inner for event in events if (inner := carried(event)) is not None]
    log = recorder.record(key, events, announce=not all(delivery.replayed for delivery in group))
    measure([event for event, delivery in delivered if not delivery.replayed], log)
    logger().info("recorded", extra={"events": [event.detail_type for event in events]})


@cache
def recorder() -> Recorder:
    store = DynamoDBEventStore(client("dynamodb"), os.environ["STATUS_TABLE"])
    erasures = DynamoDBErasures(client("dynamodb"), os.environ["ERASURES_TABLE"])
    return Recorder(store, bus(), SystemClock(), Required.parse(os.environ["REQUIRED_FACTS"]), erasures)


handle = consumer(lambda group: record_group(recorder(), group), group_by=image_key)
