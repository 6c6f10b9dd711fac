"""The event of this stack: EndpointDisabled. Its schema is schemas/EndpointDisabled.json.

It has the form of the pipeline's events, but a source of its own. A source that begins with `imagebus.` would
reach the pipeline's recorder, which knows no such event.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from imagebus.clock import Clock, timestamp
from imagebus.events import StackData, StackEvent, about_stack
from imagebus.events.model import Count, Name, Timestamp
from webhooks.model import Subscription


class EndpointDisabled(StackData):
    """No more events are posted to an endpoint: it said 410 Gone, or failed for days without one success."""

    producer = "webhooks"
    subscription: Name
    #: Of its URL only the host: the rest may hold a token.
    host: Name
    reason: Literal["gone", "failing"]
    failing_since: Timestamp
    failures: Count


class Announcement(StackEvent[EndpointDisabled]):
    """The event under the source of this example."""

    @property
    def source(self) -> str:
        return "imagebus-webhooks"


def announcement(subscription: Subscription, stack: str, clock: Clock) -> Announcement:
    """The same id however often it is made: once for each time that the subscription was enabled."""
    data = EndpointDisabled(
        subscription=subscription.id,
        host=urlsplit(subscription.url).hostname or "-",
        reason="gone" if subscription.reason == "gone" else "failing",
        failing_since=subscription.failing_since,
        failures=subscription.failures,
    )
    discriminator = f"{subscription.id}#{subscription.enabled_at}"
    made = about_stack(data, stack=stack, occurred_at=timestamp(clock.now()), discriminator=discriminator)
    return Announcement(made.meta, made.data)
