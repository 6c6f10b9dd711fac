"""An event as the log keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from imagebus.events import Event, EventData, NotAnEvent
from imagebus.identity import canonical_json

#: Raised by reading or folding a log that holds an event this code cannot read: one that broke its contract
#: before the log checked it, or one of a newer version.
UNREADABLE = (NotAnEvent, LookupError, TypeError, ValueError, AttributeError, RecursionError)


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
    """The events that had occurred at that time, of the highest revision among them.

    Takes the image's events by revision, newest revision first, and reads no further than it must.
    """
    for _, events in groupby(newest_first, key=lambda event: event.revision):
        if known := [event for event in events if event.occurred_at <= at]:
            return known
    return []


def latest_revision(events: Iterable[RecordedEvent]) -> list[RecordedEvent]:
    """The distinct events of the highest revision, oldest first. Raises ValueError for no events."""
    kept: dict[str, RecordedEvent] = {}
    highest = ""
    for event in events:
        if event.revision > highest:
            highest = event.revision
            kept = {}
        if event.revision == highest:
            other = kept.get(event.event_id)
            if other is None or event.precedence < other.precedence:
                kept[event.event_id] = event
    if not kept:
        raise ValueError("nothing to fold")
    return sorted(kept.values(), key=lambda event: event.precedence)
