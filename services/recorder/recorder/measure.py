"""Metrics from recorded events: counts, outcomes, the latency of each stage, billed time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imagebus.clock import milliseconds_between
from imagebus.events.catalog import STAGE_OF
from imagebus.events.failures import is_of_backfill
from imagebus.history.recorded import RecordedEvent
from imagebus.metrics import Measurement, emit

OUTCOMES = {
    "ImageUploaded": "Uploads",
    "ImageProcessed": "Completed",
    "ImageRejected": "Rejected",
    "ProcessingFailed": "Failed",
    "ProcessingStalled": "Stalled",
}


def measure(events: Sequence[RecordedEvent], log: Sequence[RecordedEvent]) -> None:
    """Emit one line per event. An event that is delivered twice is measured twice."""
    known = {event.event_id: event for event in log}
    for event in events:
        meta = event.meta
        emit(
            measurements(event, known.get(meta.get("causation_id") or "")),
            event_id=event.event_id,
            correlation_id=meta["correlation_id"],
        )


def measurements(event: RecordedEvent, cause: RecordedEvent | None) -> list[Measurement]:
    """What a backfill makes costs as much as anything else, but no upload waits for it."""
    name, data = event.detail_type, event.detail.get("data") or {}
    found = [Measurement("Events", by={"event": name}, essential=False)]
    if name in OUTCOMES and not (name == "ProcessingFailed" and is_of_backfill(data)):
        found.append(Measurement(OUTCOMES[name]))
    if name == "ImageRejected":
        found.append(Measurement("Rejections", by={"code": str(data["code"])}, essential=False))
    if name == "ImageProcessed":
        found.append(Measurement("ImageLatency", data["duration_ms"], "Milliseconds"))
    stage = STAGE_OF.get(name)
    by = {"stage": stage.name} if stage else {}
    if stage and cause and cause.detail_type != "DerivationRequested":
        took = milliseconds_between(cause.occurred_at, event.occurred_at)
        found.append(Measurement("StageLatency", max(0, took), "Milliseconds", by, essential=False))
    if billed := _gigabyte_seconds(event.meta.get("usage") or {}):
        found.append(Measurement("BilledGBSeconds", billed, "Seconds", by))
    return found


def _gigabyte_seconds(usage: Mapping[str, int]) -> float:
    """What Lambda charges for: memory times duration."""
    return round(usage.get("billed_ms", 0) * usage.get("memory_mb", 0) / 1024 / 1000, 6)
