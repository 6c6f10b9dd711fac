"""One message from the queue -> at most one POST, and its outcome in the table."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from imagebus.clock import Clock, timestamp
from imagebus.telemetry import count, logger
from webhooks.keys import Keys
from webhooks.model import Delivery, Outcome, Random, Subscription
from webhooks.queue import Due
from webhooks.signing import headers
from webhooks.store import Store

#: URL, body, headers -> what became of it
Post = Callable[[str, bytes, Mapping[str, str]], Outcome]

FIXED = {"Content-Type": "application/json", "User-Agent": "imagebus-webhooks/1"}


@dataclass(frozen=True)
class Sender:
    store: Store
    keys: Keys
    post: Post
    clock: Clock
    disable_after: timedelta = timedelta(days=5)
    random: Random = random.random

    def send(self, due: Due) -> str:
        """What was done: `closed`, `stale`, `delivered` or `failed`.

        The attempt is claimed before the POST and recorded after it. A crash in between leaves the delivery
        due after its lease, and it is posted again under the same id. What can fail for a reason of our own,
        such as a missing secret, comes before the claim: the queue retries it, and it costs no attempt.
        """
        subscription = self.store.subscription(due.subscription)
        if subscription is None or not subscription.open(self.clock.now()):
            return "closed"
        delivery = self.store.delivery(due.subscription, due.webhook_id)
        if delivery is None or delivery.state != "pending" or delivery.claims != due.claims:
            return "stale"
        body, keys = self.store.message(due.webhook_id), self.keys.of(subscription.id)
        if body is None or delivery.exhausted:
            # The message is older than what is kept, or the function died in every attempt.
            entry = {"attempt": delivery.claims, "at": timestamp(self.clock.now()), "error": "not kept"}
            log = delivery.log if delivery.exhausted else (*delivery.log, entry)
            self._write(replace(delivery, state="failed", log=log))
            return "failed"
        claimed = self.store.replace_delivery(delivery.claimed(self.clock.now()))
        if claimed is None:
            return "stale"
        outcome = self._post(subscription, claimed, body.encode(), keys)
        self._judge(subscription, outcome)
        self._write(claimed.recorded(outcome, self.clock.now(), self.random))
        return "delivered" if outcome.ok else "failed"

    def _write(self, delivery: Delivery) -> None:
        written = self.store.replace_delivery(delivery)
        if delivery.state == "pending":
            self.store.keep_message(delivery)
        elif written and delivery.state == "failed":
            count("FailedDeliveries", "webhooks")

    def _post(self, subscription: Subscription, delivery: Delivery, body: bytes, keys: list[str]) -> Outcome:
        signed = headers(delivery.webhook_id, int(self.clock.now().timestamp()), body, keys)
        outcome = self.post(subscription.url, body, FIXED | signed)
        # Neither the URL, which may hold a token of the subscriber, nor what the endpoint said.
        logger().info(
            "posted",
            extra={
                "subscription": subscription.id,
                "webhook_id": delivery.webhook_id,
                "attempt": delivery.claims,
                "status": outcome.status,
                "error": outcome.error,
                "duration_ms": outcome.duration_ms,
            },
        )
        return outcome

    def _judge(self, subscription: Subscription, outcome: Outcome) -> None:
        """What the outcome says about the endpoint. A success of one that is well changes nothing."""
        if not outcome.ok:
            now = self.clock.now()
            self.store.change(
                subscription.id, lambda old: old.failed(outcome, now, self.disable_after, self.random)
            )
        elif subscription.failing_since:
            self.store.change(subscription.id, Subscription.succeeded)
