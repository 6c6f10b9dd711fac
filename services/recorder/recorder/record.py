"""Append, project, announce: what the recorder does with the events of one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from imagebus.bus import EventBus
from imagebus.clock import Clock, milliseconds_between, parse_timestamp, timestamp
from imagebus.erasures import Erasures
from imagebus.events import Event, EventData, Meta, caused_by
from imagebus.events.recorder import ImageProcessed, ProcessingStalled
from imagebus.history.fold import Item, newest_facts
from imagebus.history.recorded import UNREADABLE, RecordedEvent
from imagebus.history.required import Required
from imagebus.image_types import FORMATS, Format
from imagebus.projector import Projection, Projector
from imagebus.store import EventStore
from imagebus.telemetry import logger

#: News that is older when it arrives is late, and what the image still waits for may be late, too.
LATE = timedelta(minutes=5)


class Recorder:
    def __init__(
        self,
        store: EventStore,
        bus: EventBus,
        clock: Clock,
        required: Required,
        erasures: Erasures,
    ) -> None:
        self._store = store
        self._erasures = erasures
        self._bus = bus
        self._clock = clock
        self._required = required
        self._projector = Projector(store, required)

    def record(
        self, image_key: str, events: Sequence[RecordedEvent], *, announce: bool
    ) -> Sequence[RecordedEvent]:
        """Log the events of one image and project them; returns the log that was read.

        Without `announce`, nothing is published.
        """
        self._append(image_key, events, note_late_news=announce)
        projection = self.project(image_key)
        if projection is None:
            return []
        if announce and self.is_unannounced(projection.item):
            self.announce(projection)
        return projection.log

    def project(self, image_key: str) -> Projection | None:
        """Update the status item from its log, if there is one. Raises Contended."""
        return self._projector.project(image_key)

    def is_unannounced(self, item: Item) -> bool:
        """Whether every required fact is present but the final event is not in the log.

        While a table is rebuilt, live facts can be complete before the image itself is known. That waits.
        """
        return item["status"] == "processing" and not item["outstanding"] and "format" in item

    def announce(self, projection: Projection) -> None:
        """Publish ImageProcessed, and log it once it is on the bus.

        A crash in between leaves the image unannounced, so the next delivery or the sweeper publishes it
        again, with the same id.
        """
        item = projection.item
        facts = newest_facts(projection.log)
        names = [name for fact in self._required.facts for name in fact.split("|") if name in facts]
        last = max((facts[name] for name in names), key=lambda event: event.precedence)
        done_ms = milliseconds_between(item["created_at"], last.occurred_at)
        labels = item.get("labels", {}).get("labels", ())
        data = ImageProcessed(
            stages={name: stage["ms"] for name, stage in item["stages"].items() if "ms" in stage},
            duration_ms=done_ms,
            counts={
                "thumbnails": len(item.get("thumbnails", ())),
                "labels": len(labels),
            },
            format=cast("Format | None", item["format"] if item.get("format") in FORMATS else None),
            width=item.get("width"),
            height=item.get("height"),
            top_label=max(labels, key=lambda label: float(label["confidence"]))["name"] if labels else None,
        )
        self._emit(caused_by(Meta.from_json(last.meta), data, clock=self._clock))

    def stall(self, projection: Projection) -> None:
        """Publish ProcessingStalled for an image whose outstanding facts are overdue."""
        item, log = projection.item, projection.log
        age = self._clock.now() - parse_timestamp(item["created_at"])
        data = ProcessingStalled(
            missing=tuple(item["outstanding"]), waited_s=max(0, int(age.total_seconds()))
        )
        self._emit(caused_by(Meta.from_json(log[-1].meta), data, clock=self._clock))

    def arrival(self, item: Item) -> str:
        """When the last late news of the image arrived; empty if none was late."""
        return self._store.arrival(item)

    def _note_late_news(self, image_key: str, events: Sequence[RecordedEvent]) -> None:
        """Before they are in the log, which a sweep may read at any moment. A copy is not news."""
        now = self._clock.now()
        late = [event for event in events if event.occurred_at < timestamp(now - LATE)]
        if not late:
            return
        try:
            log = self._store.latest(image_key)
        except UNREADABLE:  # to be reported by the projection, once the events are logged
            log = []
        known = {event.event_id: event.occurred_at for event in log}
        newest = max(event.revision for event in (*log, *events))
        if any(each.revision == newest and known.get(each.event_id, "~") > each.occurred_at for each in late):
            self._store.note_arrival({"image_key": image_key, "revision": newest}, timestamp(now))

    def _emit(self, event: Event[EventData]) -> None:
        self._bus.publish([event])
        recorded = RecordedEvent.from_event(event)
        self._append(recorded.image_key, [recorded])
        self.project(recorded.image_key)

    def _append(
        self, image_key: str, events: Sequence[RecordedEvent], *, note_late_news: bool = False
    ) -> None:
        """Log the events, unless their upload was erased.

        Ask before writing: a recorder that dies right after it gets no second chance if another one has
        handled the same message. Ask again after writing: an erasure that is not seen by then finds the
        events in the log, and deletes them.
        """
        erasure = self._erasures.of(image_key)
        remaining = [event for event in events if not erasure.covers(event.meta)]
        if note_late_news:
            self._note_late_news(image_key, remaining)
        for event in remaining:
            self._store.append(event)
        self._forget_erased(image_key, [event.meta for event in events])

    def _forget_erased(self, image_key: str, written: Sequence[Mapping[str, Any]]) -> None:
        erasure = self._erasures.of(image_key)
        if any(map(erasure.covers, written)):
            logger().info("erased", extra={"items": self._store.erase(image_key, erasure)})
