"""An event as a row of the table `events` (template.yml declares its columns). Pure."""

from __future__ import annotations

from typing import Any

from imagebus.events import Event, EventData
from imagebus.identity import canonical_json

Row = dict[str, Any]


def row(event: Event[EventData]) -> Row:
    """The envelope as columns; `data` stays JSON, because it differs between event types."""
    meta = event.meta
    return {
        "event_id": meta.event_id,
        "detail_type": event.detail_type,
        "source": event.source,
        "image_key": meta.image_key,
        "revision": meta.revision,
        "correlation_id": meta.correlation_id,
        "occurred_at": meta.occurred_at,
        "billed_ms": meta.usage.billed_ms,
        "bytes_in": meta.usage.bytes_in,
        "bytes_out": meta.usage.bytes_out,
        "rekognition_calls": meta.usage.rekognition_calls,
        "data": canonical_json(event.data.as_json()),
    }


def key_of(line: Row) -> str:
    """`events/type=ImageProcessed/day=2026-11-21/<event id>.json`: partitions that Athena prunes."""
    return f"events/type={line['detail_type']}/day={line['occurred_at'][:10]}/{line['event_id']}.json"


def line_of(line: Row) -> bytes:
    return canonical_json(line).encode() + b"\n"
