"""failures: what a service could not do."""

from __future__ import annotations

from typing import Any

from imagebus.events.base import Count, EventData, Name, Text


class ProcessingFailed(EventData):
    """A stage gave up on an event; `failed_event` is that event, whole, so that it can be published again."""

    producer = "failures"
    stage: Name
    error_type: Name
    message: Text
    attempts: Count
    failed_event: dict[str, Any]
