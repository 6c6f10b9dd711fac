"""A validated image for the analyzer to work on."""

from __future__ import annotations

from imagebus.events import Event, Meta
from imagebus.events.validator import ImageValidated
from imagebus.meter import Meter
from imagebus.testing.clock import ManualClock
from imagebus.worker import Job


def job(data: bytes) -> Job:
    event_id = "03ef8c7f-fcd9-539a-a66d-453c4e3c8c05"
    meta = Meta(
        event_id=event_id,
        schema_version=1,
        image_key="a.png",
        revision="0" * 32,
        correlation_id=event_id,
        occurred_at="2026-11-21T12:00:00.000Z",
        producer="validator",
    )
    validated = ImageValidated(
        bucket="uploads", size=1, etag="e", format="PNG", mime="image/png", width=64, height=48, mode="RGB",
        has_alpha=False, frames=1, orientation=1, sha256="0" * 64,
    )  # fmt: skip
    return Job(Event(meta, validated), lambda: data, "prefix/", Meter(ManualClock()))
