"""The events of one image as the tree they form: what caused what, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imagebus.clock import milliseconds_between
from imagebus.history.recorded import RecordedEvent


@dataclass(frozen=True)
class Moment:
    """An event in its tree. `start_ms` (when its cause occurred) and `end_ms` count from the first event."""

    event: RecordedEvent
    cause: RecordedEvent | None
    depth: int
    start_ms: int
    end_ms: int

    @property
    def own_ms(self) -> int:
        """Milliseconds since the event that caused this one."""
        return self.end_ms - self.start_ms

    @property
    def billed_ms(self) -> int:
        return int(self.event.meta.get("usage", {}).get("billed_ms") or 0)

    @property
    def producer(self) -> str:
        return str(self.event.meta["producer"])


def timeline(events: Sequence[RecordedEvent]) -> list[Moment]:
    """Events of one revision, each below its cause, oldest first. One whose cause is unknown is a root."""
    if not events:
        return []
    ordered = sorted(events, key=lambda event: event.precedence)
    by_id = {event.event_id: event for event in ordered}
    zero = ordered[0].occurred_at
    children: dict[str | None, list[RecordedEvent]] = {}
    for event in ordered:
        cause = event.meta.get("causation_id")
        parent = cause if cause in by_id and cause != event.event_id else None
        children.setdefault(parent, []).append(event)

    def below(parent: str | None, depth: int) -> Iterator[Moment]:
        for event in children.get(parent, ()):
            cause = by_id[parent] if parent else None
            end = milliseconds_between(zero, event.occurred_at)
            start = milliseconds_between(zero, cause.occurred_at) if cause else end
            yield Moment(event, cause, depth, start, end)
            yield from below(event.event_id, depth + 1)

    return list(below(None, 0))


def in_order_of_time(moments: Sequence[Moment]) -> list[Moment]:
    """In order of occurrence. Within one millisecond a cause comes before its effect."""
    return sorted(moments, key=lambda each: (each.event.occurred_at, each.depth, each.event.canonical))
