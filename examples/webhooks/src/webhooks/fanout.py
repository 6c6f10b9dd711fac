"""One event -> one delivery for each subscription that wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagebus.clock import Clock, timestamp
from imagebus.events import AnyEvent, Event
from imagebus.identity import canonical_json
from webhooks.model import PROBE_AFTER, Delivery
from webhooks.queue import Queue
from webhooks.store import Store


def fan_out(event: AnyEvent, detail: Mapping[str, Any], store: Store, queue: Queue, clock: Clock) -> int:
    """How many deliveries are new. Run again, it makes the missing ones.

    The id of the webhook is that of the event, so an event that arrives twice is one webhook. For a
    subscription that is disabled or failing the delivery only waits.
    """
    key = event.meta.image_key if isinstance(event, Event) else ""
    wanting = [each for each in store.subscriptions() if each.wants(event.detail_type, key)]
    if not wanting:
        return 0
    now = clock.now()
    webhook_id, created_at = event.meta.event_id, timestamp(now)
    store.create_message(webhook_id, body(event, detail), created_at)
    made = 0
    for each in wanting:
        delivery = Delivery(each.id, webhook_id, event.detail_type, created_at, due_at=created_at)
        ready = each.open(now) and each.failures < PROBE_AFTER
        if store.create_delivery(delivery.reserved(now) if ready else delivery):
            made += 1
            if ready:
                queue.send(delivery)
    return made


def body(event: AnyEvent, detail: Mapping[str, Any]) -> str:
    """What the Standard Webhooks specification recommends. `data` is the event's `detail`, unchanged."""
    return canonical_json({"type": event.detail_type, "timestamp": event.meta.occurred_at, "data": detail})
