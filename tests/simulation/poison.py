"""Messages that no function can handle, of every kind that was ever found."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.simulation.facts import event_id

KEY, REVISION = "poison.png", "6" * 32
ID = event_id("ImageUploaded", KEY, REVISION)


def _event(**meta: Any) -> dict[str, Any]:
    return {
        "detail-type": "ImageUploaded",
        "source": "imagebus.ingest",
        "detail": {
            "meta": {
                "event_id": ID,
                "schema_version": 1,
                "image_key": KEY,
                "revision": REVISION,
                "correlation_id": ID,
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
OUTLANDISH = (
    *(
        '{"detail-type": "Deep", "source": "x", "detail": {"data": ' + "[" * n + "]" * n + "}}"
        for n in (300, 900)
    ),
    json.dumps(_event(image_key="\ud800.png")),
    json.dumps(_event(image_key="")),
)
#: About an image, so these fail as its events do: with a date that no calendar knows, and of a later version.
FAILING = (
    json.dumps(_event(occurred_at="2026-02-31T12:00:00.000Z")),
    json.dumps(_event(schema_version=99)),
)


def message(random: Random) -> tuple[str, bool]:
    """A message, and whether it belongs into the quarantine."""
    body = random.choice(MALFORMED + OUTLANDISH + FAILING)
    return body, body not in FAILING


def meta_of(body: str) -> dict[str, Any]:
    """The meta of an event in a queue; empty if the message is not one of our events."""
    try:
        meta = json.loads(body)["detail"]["meta"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return meta if isinstance(meta, dict) else {}
