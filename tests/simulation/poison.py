"""Messages that no function can handle, of every kind that was ever found."""

from __future__ import annotations

import json
from random import Random
from typing import Any


def _event(**meta: Any) -> dict[str, Any]:
    return {
        "detail-type": "ImageUploaded",
        "source": "imagebus.ingest",
        "detail": {
            "meta": {
                "event_id": "6f1b6e0a-6a53-5d0e-9a58-0d8c1b6d5f11",
                "schema_version": 1,
                "image_key": "poison.png",
                "revision": "6" * 32,
                "correlation_id": "6f1b6e0a-6a53-5d0e-9a58-0d8c1b6d5f11",
                "occurred_at": "2026-03-01T12:00:00.000Z",
                "producer": "ingest",
                **meta,
            },
            "data": {"bucket": "uploads"},
        },
    }


#: No event of anybody.
MALFORMED = (
    "",
    "not json",
    "[]",
    '{"detail-type": "ImageValidated", "source": "imagebus.validator", "detail": {}}',
    '{"detail-type": "X", "source": "y", "detail": {"meta": {"image_key": "\\ud800"}}}',
    '{"detail-type": "ImageUploaded", "source": "imagebus.ingest", "detail": {"meta": [], "data": NaN}}',
    '{"detail-type": "Object Created", "source": "aws.s3", "detail": {"object": {}}}',
    "[" * 5000,
)
#: JSON that Python can read, and hardly anything else can.
DEEP = tuple(
    json.dumps({"detail-type": "Deep", "source": "elsewhere", "detail": {"data": 0}}).replace(
        "0", "[" * depth + "]" * depth
    )
    for depth in (300, 900)
)


def message(random: Random) -> str:
    return random.choice(MALFORMED)


def meta_of(body: str) -> dict[str, Any]:
    """The meta of an event in a queue; empty if the message is no event of ours."""
    try:
        meta = json.loads(body)["detail"]["meta"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return meta if isinstance(meta, dict) else {}
