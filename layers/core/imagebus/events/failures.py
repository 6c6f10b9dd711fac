"""failures: what a stage could not do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imagebus.events.base import EventData
from imagebus.events.model import Count, Name, Text


class ProcessingFailed(EventData):
    """A stage gave up on an event. `failed_event` is the complete event, so that it can be retried."""

    producer = "failures"
    stage: Name
    error_type: Name
    message: Text
    attempts: Count
    failed_event: dict[str, Any]


def is_of_backfill(data: Mapping[str, Any]) -> bool:
    """Whether a stage gave up on a request for more variants, of an image that is complete without them."""
    return bool(data["failed_event"].get("detail-type") == "DerivationRequested")
