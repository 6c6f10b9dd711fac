"""An event as the log keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from imagebus.events import Event, EventData, NotAnEvent
from imagebus.events.catalog import OF_IMAGES
from imagebus.events.s3 import fact_of
from imagebus.identity import canonical_json

#: Raised by reading or folding a log that holds an event this code cannot read: one that broke its contract
#: before the log checked it, or one of a newer version.
UNREADABLE = (NotAnEvent, LookupError, TypeError, ValueError, AttributeError, RecursionError)

#: Later than every `occurred_at`.
FOREVER = "~"


@dataclass(frozen=True)
class RecordedEvent:
    """The event is kept raw, so that fields unknown to this code survive."""

    source: str
    detail_type: str
    detail: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Event[EventData]) -> RecordedEvent:
        return cls(event.source, event.detail_type, event.detail())

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Any]) -> RecordedEvent:
        """From the event as EventBridge delivers it."""
        return cls(envelope["source"], envelope["detail-type"], envelope["detail"])

    @classmethod
    def from_canonical(cls, text: str) -> RecordedEvent:
        return cls(**json.loads(text))

    @property
    def meta(self) -> Mapping[str, Any]:
        meta: Mapping[str, Any] = self.detail["meta"]
        return meta

    @property
    def event_id(self) -> str:
        return str(self.meta["event_id"])

    @property
    def image_key(self) -> str:
        return str(self.meta["image_key"])

    @property
    def revision(self) -> str:
        return str(self.meta["revision"])

    @property
    def occurred_at(self) -> str:
        return str(self.meta["occurred_at"])

    @cached_property
    def canonical(self) -> str:
        return canonical_json({"source": self.source, "detail_type": self.detail_type, "detail": self.detail})

    @property
    def precedence(self) -> tuple[str, str]:
        """Of two events with the same id, the one where this is smaller stays in the log."""
        return (self.occurred_at, self.canonical)


def known_at(newest_first: Iterable[RecordedEvent], at: str) -> list[RecordedEvent]:
    """The events that had occurred at that time, of the newest revision that they show to exist.

    Takes the image's events by revision, newest revision first, and reads no further than it must: nearly
    always one revision.
    """
    for _, events in groupby(newest_first, key=lambda event: event.revision):
        known = [event for event in events if event.occurred_at <= at]
        if any(map(shows_revision, known)):
            return known
    return []


def latest_revision(events: Iterable[RecordedEvent]) -> list[RecordedEvent]:
    """The distinct events of the image's newest revision, oldest first.

    A revision exists if one of its events shows that it does. Raises ValueError if there is none.
    """
    revisions: dict[str, dict[str, RecordedEvent]] = {}
    for event in events:
        kept = revisions.setdefault(event.revision, {})
        other = kept.get(event.event_id)
        if other is None or event.precedence < other.precedence:
            kept[event.event_id] = event
    for _, kept in sorted(revisions.items(), reverse=True):
        if any(map(shows_revision, kept.values())):
            return sorted(kept.values(), key=lambda event: event.precedence)
    raise ValueError("nothing to fold")


def shows_revision(event: RecordedEvent) -> bool:
    """Whether the event can only be about an upload or a deletion that took place under its revision.

    Other teams' facts can carry any revision. A failure carries that of the event that failed.
    """
    if event.detail_type != "ProcessingFailed":
        return event.detail_type in OF_IMAGES
    failed = event.detail["data"]["failed_event"]
    if failed["source"] == "aws.s3":
        return fact_of(failed) is not None
    return failed["detail-type"] != "ProcessingFailed" and failed["detail-type"] in OF_IMAGES
