"""Every minute: what is due goes to the queue, and what was disabled is announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from imagebus.clock import Clock, timestamp
from webhooks.model import PROBE_AFTER, Subscription
from webhooks.queue import Queue
from webhooks.store import Store

#: How many deliveries of one subscription are handed over before it is the turn of the next.
TURN = 25
#: No turn is started when the function has less time left, in milliseconds.
RESERVE_MS = 5_000


#: Publishes that it was disabled: an event with the same id, however often it is called.
Announce = Callable[[Subscription], None]


def sweep(
    store: Store, queue: Queue, announce: Announce, clock: Clock, time_left_ms: Callable[[], int]
) -> dict[str, int]:
    """How many deliveries were handed over, and how many subscriptions announced.

    An endpoint that keeps failing gets one delivery, its oldest, until one succeeds. One is enough to see
    whether it is back, and ten would keep ten senders waiting.
    """
    counts = {"due": 0, "announced": 0}
    until, subscriptions = timestamp(clock.now()), store.subscriptions()
    waiting = [(each, _turns(store, each, until)) for each in subscriptions if each.open(clock.now())]
    while waiting and time_left_ms() > RESERVE_MS:
        for entry in list(waiting):
            subscription, turn = entry
            found = turn()
            counts["due"] += sum(_hand_over(store, queue, subscription, name, clock) for name in found)
            if len(found) < TURN:
                waiting.remove(entry)
    # Last, so that a bus that refuses events does not keep deliveries from being retried.
    for subscription in (each for each in subscriptions if not each.announced):
        announce(subscription)
        store.change(subscription.id, _announced)
        counts["announced"] += 1
    return counts


def _turns(store: Store, subscription: Subscription, until: str) -> Callable[[], list[str]]:
    due = store.due(subscription.id, until)
    size = 1 if subscription.failures >= PROBE_AFTER else TURN
    return lambda: list(islice(due, size))


def _hand_over(store: Store, queue: Queue, subscription: Subscription, webhook_id: str, clock: Clock) -> bool:
    """The index may lag, so the table decides. Of two sweeps at the same time one hands it over."""
    now = clock.now()
    delivery = store.delivery(subscription.id, webhook_id)
    if delivery is None or delivery.state != "pending" or delivery.due_at > timestamp(now):
        return False
    reserved = store.replace_delivery(delivery.reserved(now))
    if reserved is None:
        return False
    queue.send(reserved)
    return True


def _announced(subscription: Subscription) -> Subscription:
    return replace(subscription, announced=True)
