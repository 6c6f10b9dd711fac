"""An event that the recorder could not log comes back inside the ProcessingFailed that reports it."""

from __future__ import annotations

from imagebus.events import Meta, read
from imagebus.events.catalog import OF_IMAGES
from imagebus.history.recorded import UNREADABLE, RecordedEvent


def carried(event: RecordedEvent) -> RecordedEvent | None:
    """The event inside a failure of the recorder's own, if it can be logged now."""
    if event.detail_type != "ProcessingFailed" or event.detail["data"]["stage"] != "recorder":
        return None
    envelope = event.detail["data"]["failed_event"]
    try:
        check(envelope["detail-type"], envelope["detail"])
        inner = RecordedEvent.from_envelope(envelope)
    except UNREADABLE:
        return None  # it broke its contract, which is why the recorder failed
    return inner if inner.image_key == event.image_key else None


def check(detail_type: str, detail: dict[str, object]) -> Meta:
    """Which image an event is about. Raises InvalidEvent if it breaks its contract, or is about no image.

    A type that is not in the catalog is another team's fact about the image: it is logged and not folded.
    """
    if detail_type in OF_IMAGES:
        return read(OF_IMAGES[detail_type], detail).meta
    return Meta.from_json(detail.get("meta"))  # type: ignore[arg-type]
