"""What a page is told about an event, and telling every page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from imagebus.events import Meta
from live.connections import Connection, Connections

#: Event -> the state that it puts an image in. Whether a failure is final depends on the image's other
#: events, so the page asks the API.
STATES: Mapping[str, str | None] = {
    "ImageUploaded": "processing",
    "ImageProcessed": "completed",
    "ImageRejected": "rejected",
    "ImageDeleted": "deleted",
    "ProcessingFailed": None,
    "ProcessingStalled": None,
}
#: Posts at the same time; botocore keeps ten connections. Each waits for API Gateway.
AT_ONCE = 10


def message(detail_type: str, meta: Meta) -> bytes:
    """JSON, well under the 32 KB of a frame: a key has 1,024 bytes at most."""
    told: dict[str, Any] = {"key": meta.image_key, "revision": meta.revision, "updated_at": meta.occurred_at}
    if state := STATES[detail_type]:
        told["status"] = state
    return json.dumps(told, ensure_ascii=False).encode()


def push(told: bytes, connections: Connections) -> int:
    """Sends to all connections; returns how many got it. Raises the first error once all have been tried."""

    def post(connection: Connection) -> bool | Exception:
        try:
            return connections.post(connection, told)
        except Exception as error:  # noqa: BLE001  the others must not wait for this one's retry
            return error

    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(post, connections.all()))
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return outcomes.count(True)
