"""An event as a row of the table `events` (template.yml declares its columns). Pure."""

from __future__ import annotations

from typing import Any

from imagebus.events import AnyEvent, Meta, Usage
from imagebus.identity import canonical_json

Row = dict[str, Any]


def row(event: AnyEvent) -> Row:
    """The envelope as columns; `data` stays JSON, because it differs between event types.

    An event about the stack names no image: those columns are null.
    """
    meta = event.meta
    image = meta if isinstance(meta, Meta) else None
    usage = image.usage if image else Usage()
    return {
        "event_id": meta.event_id,
        "detail_type": event.detail_type,
        "source": event.source,
        "image_key": image and image.image_key,
        "revision": image and image.revision,
        "correlation_id": image and image.correlation_id,
        "occurred_at": meta.occurred_at,
        "billed_ms": usage.billed_ms,
        "bytes_in": usage.bytes_in,
        "bytes_out": usage.bytes_out,
        "rekognition_calls": usage.rekognition_calls,
        "data": canonical_json(event.data.as_json()),
    }


def key_of(line: Row) -> str:
    """`events/type=ImageProcessed/day=2026-11-21/<event id>.json`: partitions that Athena prunes."""
    return f"events/type={line['detail_type']}/day={line['occurred_at'][:10]}/{line['event_id']}.json"


def line_of(line: Row) -> bytes:
    return canonical_json(line).encode() + b"\n"
