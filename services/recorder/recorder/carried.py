"""What the recorder could not log at first: it comes back whole, inside the ProcessingFailed that says so."""

from __future__ import annotations

from pydantic import ValidationError

from imagebus.events import Meta, NotAnEvent
from imagebus.events.catalog import BY_DETAIL_TYPE, parse
from imagebus.store import RecordedEvent


def carried(event: RecordedEvent) -> RecordedEvent | None:
    """The event inside a failure of the recorder's own, if it can be logged by now."""
    if event.detail_type != "ProcessingFailed" or event.detail["data"]["stage"] != "recorder":
        return None
    envelope = event.detail["data"]["failed_event"]
    try:
        check(envelope["detail-type"], envelope["detail"])
        inner = RecordedEvent(envelope["source"], envelope["detail-type"], envelope["detail"])
    except (KeyError, TypeError, NotAnEvent, ValidationError):
        return None  # it broke its contract: that is why it is here
    return inner if inner.image_key == event.image_key else None


def check(detail_type: str, detail: dict[str, object]) -> Meta:
    """Who and what an event is about. Raises NotAnEvent or ValidationError where it breaks its contract.

    A type that is not in the catalog is another team's fact about the image: logged, not folded.
    """
    if detail_type in BY_DETAIL_TYPE:
        return parse(detail_type, detail).meta
    return Meta.from_json(detail.get("meta") or {})  # type: ignore[arg-type]
