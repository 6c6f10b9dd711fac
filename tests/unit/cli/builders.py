"""Events, status items and results as the command meets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from imagebus.clock import timestamp
from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus_cli.demo.pictures import Picture
from imagebus_cli.demo.result import DemoResult
from imagebus_cli.uploads.tracking import Upload

START = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
REVISION = "0A".ljust(32, "0")


def event(name: str, detail_type: str, ms: int, cause: str | None = None, **usage: int) -> RecordedEvent:
    meta = {
        "event_id": name,
        "image_key": "a.jpg",
        "revision": REVISION,
        "causation_id": cause,
        "occurred_at": timestamp(START + timedelta(milliseconds=ms)),
        "producer": "test",
        "usage": usage,
    }
    return RecordedEvent("imagebus.test", detail_type, {"meta": meta, "data": {}})


def item(key: str = "a.jpg", status: str = "completed", **more: object) -> Item:
    ended = timestamp(START + timedelta(milliseconds=1500))
    return {"image_key": key, "status": status, "revision": REVISION, "updated_at": ended, **more}


def upload(key: str = "a.jpg", previous: str = "") -> Upload:
    return Upload(key, previous, START)


def result(
    key: str = "a.jpg", status: str = "completed", *, notifications: int = 1, **more: object
) -> DemoResult:
    return DemoResult(Picture(key, bytes), item(key, status, **more), 1.5, notifications)
