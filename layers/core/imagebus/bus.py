"""What functions ask of EventBridge: to publish all events or raise an error, and to list replays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from imagebus.clock import Clock, parse_timestamp
from imagebus.events import AnyEvent, Event
from imagebus.identity import canonical_json

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

#: Limits of one PutEvents call.
#: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MAX_ENTRIES = 10
MAX_BYTES = 240_000
#: The maximum size of our events. Data that can grow goes to S3, and the event points to it.
MAX_EVENT_BYTES = 64 * 1024

#: The states in which a replay is over.
OVER = frozenset({"COMPLETED", "CANCELLED", "FAILED"})


class PublishError(Exception):
    """Some events did not reach the bus; the message says how many and why."""


class EventTooLarge(PublishError):
    """An event is over 64 KB: a bug, because contracts bound every field."""


class EventBus(Protocol):
    def publish(self, events: Sequence[AnyEvent]) -> None:
        """Put the events on the bus. Raises PublishError unless all were accepted."""
        ...


class EventBridgeBus:
    """Publishes to a custom bus. PutEvents can refuse some of the entries; only those are resent."""

    def __init__(self, client: EventBridgeClient, bus_name: str, clock: Clock, attempts: int = 5) -> None:
        self._client = client
        self._bus_name = bus_name
        self._clock = clock
        self._attempts = attempts

    def publish(self, events: Sequence[AnyEvent]) -> None:
        self.put([bus_entry(event, self._bus_name) for event in events])

    def put(self, entries: Sequence[dict[str, Any]]) -> None:
        """Publish PutEvents entries unchanged, to republish a stored event."""
        # Lambda's trace of this invocation, so that the events belong to it.
        # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html
        if trace := os.environ.get("_X_AMZN_TRACE_ID"):
            entries = [{**entry, "TraceHeader": trace} for entry in entries]
        for chunk in _chunks(entries):
            self._put_chunk(chunk)

    def _put_chunk(self, entries: list[dict[str, Any]]) -> None:
        errors: set[str] = set()
        for attempt in range(self._attempts):
            if attempt:
                self._clock.sleep(0.05 * 2**attempt)
            results = self._client.put_events(Entries=entries)["Entries"]  # type: ignore[arg-type]
            failed = [
                (entry, result)
                for entry, result in zip(entries, results, strict=True)
                if "EventId" not in result
            ]
            if not failed:
                return
            entries = [entry for entry, _ in failed]
            errors = {result.get("ErrorCode", "unknown") for _, result in failed}
        raise PublishError(
            f"{len(entries)} events were refused {self._attempts} times: {', '.join(sorted(errors))}"
        )


def _chunks(entries: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        entry_size = entry_bytes(entry)
        if entry_size > MAX_EVENT_BYTES:
            raise EventTooLarge(
                f"{entry['DetailType']} has {entry_size} bytes; the limit is {MAX_EVENT_BYTES}"
            )
        if len(chunk) == MAX_ENTRIES or size + entry_size > MAX_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += entry_size
    if chunk:
        yield chunk


def bus_entry(event: AnyEvent, bus_name: str) -> dict[str, Any]:
    """The PutEvents request entry. `Resources` holds the object's ARN if the fact names a bucket."""
    bucket = getattr(event.data, "bucket", None)
    key = event.meta.image_key if isinstance(event, Event) else ""
    return {
        "EventBusName": bus_name,
        "Source": event.source,
        "DetailType": event.detail_type,
        "Time": parse_timestamp(event.meta.occurred_at),
        "Resources": [f"arn:aws:s3:::{bucket}/{key}"] if bucket else [],
        "Detail": canonical_json(event.detail()),
    }


def entry_bytes(entry: dict[str, Any]) -> int:
    """As PutEvents counts: 14 bytes for the time, plus the UTF-8 of source, type, detail and resources."""
    text = [entry["Source"], entry["DetailType"], entry["Detail"], *entry["Resources"]]
    return 14 + sum(len(part.encode()) for part in text)


class Replay:
    """A replay as ListReplays describes it."""

    def __init__(self, described: Any) -> None:
        self._described = described
        self.name: str = described.get("ReplayName", "")

    @property
    def over(self) -> bool:
        return self._described["State"] in OVER

    @property
    def ended(self) -> datetime:
        """If EventBridge does not say when it ended, its start."""
        ended: datetime = self._described.get("ReplayEndTime") or self._described["ReplayStartTime"]
        return ended


def replays(client: EventBridgeClient, archive_name: str) -> Iterator[Replay]:
    """The replays of an archive, over or not."""
    request: dict[str, Any] = {}
    while True:
        answer = client.list_replays(**request)
        for replay in answer["Replays"]:
            if replay["EventSourceArn"].endswith(f"archive/{archive_name}"):
                yield Replay(replay)
        if "NextToken" not in answer:
            return
        request["NextToken"] = answer["NextToken"]
