"""Subscriptions and deliveries, and what an attempt changes about them. Pure.

A delivery is one event for one subscription. Its item in the table is the truth; a message in the queue only
says that it is time to look. `claims` counts the attempts that were started, and a message carries the number
that it was sent for, so a late or duplicate message starts none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from imagebus.clock import parse_timestamp, timestamp

#: Seconds from a failed attempt to the next: ten attempts in three days. The Standard Webhooks specification
#: suggests this, but 5 seconds instead of the first minute, which is the pace of our sweep.
#: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
DELAYS = (60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
#: Up to this much is added to a delay, so that what failed together is not retried together.
JITTER = 0.2
#: An attempt that has not been recorded after this many seconds has crashed. More than the sender's timeout.
LEASE = 60
#: Seconds until a delivery that was handed to the queue, and that nobody claimed, is handed over again.
RESERVED = 900
#: After this many failures in a row an endpoint gets one delivery at a time, until one succeeds.
PROBE_AFTER = 3
#: Seconds between two probes: half the time that the endpoint has been failing, within these limits.
PROBE_EVERY = (60, 3600)
#: The longest wait that an endpoint may ask for (Retry-After), in seconds.
LONGEST_WAIT = 86_400

Random = Callable[[], float]  # between 0 and 1


@dataclass(frozen=True)
class Outcome:
    """What became of one POST. `status` is None without an answer; `error` then says why.

    `body` is the beginning of a failure's answer, `wait` what the endpoint asked for, in seconds.
    """

    status: int | None
    duration_ms: int
    error: str = ""
    body: str = ""
    wait: int = 0

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Subscription:
    """Who gets which events. `failing_since` is the first failure after the last success."""

    id: str
    url: str
    types: tuple[str, ...]
    prefix: str
    enabled_at: str
    state: Literal["enabled", "disabled"] = "enabled"
    reason: Literal["", "gone", "failing", "operator"] = ""
    failures: int = 0
    failing_since: str = ""
    probe_at: str = ""
    announced: bool = True
    version: int = 1

    def wants(self, detail_type: str, image_key: str) -> bool:
        """No types means every type that the stack's rule lets through."""
        return (not self.types or detail_type in self.types) and image_key.startswith(self.prefix)

    def open(self, now: datetime) -> bool:
        """Whether deliveries may be attempted."""
        return self.state == "enabled" and self.probe_at <= timestamp(now)

    def succeeded(self) -> Subscription:
        """A success that comes after the endpoint was disabled changes nothing: only `enabled` does."""
        return self if self.state == "disabled" else self._well()

    def failed(
        self, outcome: Outcome, now: datetime, disable_after: timedelta, random: Random
    ) -> Subscription:
        """410 Gone disables at once, failures for `disable_after` without one success do so in the end."""
        if self.state == "disabled":
            return self
        since = self.failing_since or timestamp(now)
        failing = now - parse_timestamp(since)
        counted = replace(self, failures=self.failures + 1, failing_since=since)
        if outcome.status == 410:
            return counted.disabled("gone")
        if failing >= disable_after:
            return counted.disabled("failing")
        shortest, longest = PROBE_EVERY
        wait = float(outcome.wait)
        if counted.failures >= PROBE_AFTER:
            wait = max(wait, min(max(shortest, failing.total_seconds() / 2), longest))
        if not wait:
            return counted
        probe_at = timestamp(now + timedelta(seconds=wait * (1 + JITTER * random())))
        return replace(counted, probe_at=max(probe_at, self.probe_at))

    def disabled(self, reason: Literal["gone", "failing", "operator"]) -> Subscription:
        """The operator knows of his own doing, so that is not announced."""
        if self.state == "disabled":
            return self
        return replace(self, state="disabled", reason=reason, announced=reason == "operator")

    def enabled(self, now: datetime) -> Subscription:
        """A fresh start, also of the time after which failures disable it."""
        fresh = replace(self._well(), state="enabled", reason="", announced=True)
        return fresh if self.state == "enabled" else replace(fresh, enabled_at=timestamp(now))

    def _well(self) -> Subscription:
        return replace(self, failures=0, failing_since="", probe_at="")


@dataclass(frozen=True)
class Delivery:
    """`tries` counts the attempts since the delivery was last asked for; `log` has one entry for each."""

    subscription: str
    webhook_id: str
    detail_type: str
    created_at: str
    due_at: str
    state: Literal["pending", "delivered", "failed"] = "pending"
    claims: int = 0
    tries: int = 0
    log: tuple[Mapping[str, Any], ...] = ()
    version: int = 1

    @property
    def exhausted(self) -> bool:
        """No attempt is left. The last one was not recorded, or there would be no pending delivery."""
        return self.tries > len(DELAYS)

    def reserved(self, now: datetime) -> Delivery:
        """A message about it is in the queue."""
        return replace(self, due_at=_after(now, RESERVED))

    def claimed(self, now: datetime) -> Delivery:
        """An attempt starts. If it is never recorded, the delivery is due again after the lease."""
        entry = {"attempt": self.claims + 1, "at": timestamp(now), "error": "not recorded"}
        return replace(
            self,
            claims=self.claims + 1,
            tries=self.tries + 1,
            log=(*self.log, entry)[-20:],
            due_at=_after(now, LEASE),
        )

    def recorded(self, outcome: Outcome, now: datetime, random: Random) -> Delivery:
        entry = {**self.log[-1], "status": outcome.status, "ms": outcome.duration_ms, "error": outcome.error}
        if outcome.body:
            entry["body"] = outcome.body
        logged = replace(self, log=(*self.log[:-1], entry))
        if outcome.ok:
            return replace(logged, state="delivered")
        if self.exhausted:
            return replace(logged, state="failed")
        delay = max(DELAYS[self.tries - 1], outcome.wait) * (1 + JITTER * random())
        return replace(logged, due_at=timestamp(now + timedelta(seconds=delay)))

    def again(self, now: datetime) -> Delivery:
        """As the operator asked: due now, with all attempts."""
        return replace(self, state="pending", due_at=timestamp(now), tries=0)


def _after(now: datetime, seconds: int) -> str:
    return timestamp(now + timedelta(seconds=seconds))
