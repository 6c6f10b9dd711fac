"""What is current under a key after a version was permanently removed.

S3's event names the removed version and nothing else, so S3 is asked what the key shows now. Removing an old
version changes nothing; whether it was old follows from the log. If the log does not know, the current object
is announced again: that costs a second run and shows the right image, whatever order the events came in.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from imagebus.clock import Clock, timestamp
from imagebus.erasures import DynamoDBErasures, Erasure, Erasures
from imagebus.events import Event, EventData, Meta, NotAnEvent, new_event
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.history.recorded import RecordedEvent, latest_revision, shows_revision
from imagebus.identity import event_id, revision
from imagebus.meter import Meter
from imagebus.objects import CurrentObject
from imagebus.store import DynamoDBEventStore
from ingest.keys import decoded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Past(Protocol):
    """What happened to a key before: its log, and what was erased of it."""

    @property
    def erasures(self) -> Erasures: ...

    def history(self, image_key: str) -> Sequence[RecordedEvent]: ...


class DynamoDBPast:
    def __init__(self, client: DynamoDBClient, status_table: str, erasures_table: str) -> None:
        self.history = DynamoDBEventStore(client, status_table).history
        self.erasures = DynamoDBErasures(client, erasures_table)


class Current(Protocol):
    def current(self, bucket: str, key: str) -> CurrentObject | None: ...


@dataclass(frozen=True, slots=True)
class Removal:
    """A version of the key was permanently removed. `revision` is that of the removal."""

    bucket: str
    key: str
    revision: str
    version_id: str | None


def removal(envelope: dict[str, Any]) -> Removal | None:
    """None for any other event, and for lifecycle rules: they remove noncurrent versions, which nobody sees.

    Raises NotAnEvent.
    """
    try:
        detail = envelope["detail"]
        if envelope["detail-type"] != "Object Deleted" or detail["deletion-type"] != "Permanently Deleted":
            return None
        if detail.get("reason") == "Lifecycle Expiration":
            return None
        item = detail["object"]
        return Removal(
            detail["bucket"]["name"], item["key"], revision(item["sequencer"]), item.get("version-id")
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAnEvent(f"not an S3 event: {type(error).__name__}") from error


def key_of_erase(marker: Meta, erasures: Erasures) -> str | None:
    """The key, if an erase wrote this delete marker; None if anybody else did.

    Whatever is older than the marker is erased. Its removal shows that as well, but later: by then, somebody
    may have been notified of an upload that was not known when it was erased.
    """
    for key in dict.fromkeys((marker.image_key, decoded(marker.image_key))):
        erasure = erasures.of(key)
        if marker.version_id and erasure.has_version(marker.version_id):
            if not erasure.sealed:
                erasures.extend(key, through=marker.revision)
            return key
    return None


def announce_current(
    envelope: dict[str, Any], objects: Current, recall: Callable[[], Past], clock: Clock
) -> Event[EventData] | None:
    """The event about what is current now; None if nothing that is current was removed. Raises NotAnEvent."""
    removed = removal(envelope)
    if removed is None:
        return None
    past = recall()
    events = past.history(removed.key)
    if not events and (other := decoded(removed.key)) != removed.key and (events := past.history(other)):
        removed = Removal(removed.bucket, other, removed.revision, removed.version_id)
    current = objects.current(removed.bucket, removed.key)
    erasure = past.erasures.of(removed.key)
    if decoded(removed.key).endswith("/") and not (events or erasure or (current and current.size)):
        return None  # a folder, as in ingest.folders
    if current and current.version_id and erasure.has_version(current.version_id):
        current = None  # an erase that is running, or was interrupted, has not removed it yet
    if erasure and _by_erasing(removed, current, erasure):
        if current is not None and (erasure.sealed or not _is_later(current, removed, events)):
            return None  # its own event announces it
        current = None
        if not erasure.sealed:
            # What was uploaded before is older than this removal: now its events and objects can be told.
            past.erasures.extend(removed.key, through=removed.revision)
    elif _was_old(removed, current, events):
        return None
    identity: dict[str, Any] = {
        "image_key": removed.key,
        "revision": removed.revision,
        "clock": clock,
        "usage": Meter(clock).usage(),
    }
    if current is None:
        gone = ImageDeleted(bucket=removed.bucket, deletion_type="Delete Marker Created", permanent=True)
        deleted = new_event(gone, version_id=removed.version_id, **identity)
        # Another attempt may find a later upload and announce that: both are about this removal.
        root = event_id(ImageUploaded.detail_type, removed.key, removed.revision)
        return replace(deleted, meta=msgspec.structs.replace(deleted.meta, correlation_id=root))
    modified = timestamp(current.modified_at) if current.modified_at else None
    restored = ImageUploaded(
        bucket=removed.bucket, size=current.size, etag=current.etag, reason="restored", uploaded_at=modified
    )
    return new_event(restored, version_id=current.version_id, **identity)


def _by_erasing(removed: Removal, current: CurrentObject | None, erasure: Erasure) -> bool:
    """Whether `imagebus erase` removed the version. If the event names none: whether nothing is left."""
    return current is None if removed.version_id is None else erasure.has_version(removed.version_id)


def _is_later(current: CurrentObject, removed: Removal, events: Sequence[RecordedEvent]) -> bool:
    """Whether the log shows that it was uploaded after the removal, not while the erase was running."""
    return bool(current.version_id) and any(
        event.meta.get("version_id") == current.version_id and event.revision > removed.revision
        for event in events
    )


def _was_old(removed: Removal, current: CurrentObject | None, events: Sequence[RecordedEvent]) -> bool:
    """Whether the log has the removed version, and shows what is current all the same."""
    if removed.version_id is None:
        return False
    known = any(event.meta.get("version_id") == removed.version_id for event in events)
    if not known or not any(map(shows_revision, events)):
        return False
    newest = latest_revision(events)
    if any(event.detail_type == "ImageDeleted" for event in newest):
        return current is None
    return current is not None and newest[0].meta.get("version_id") == current.version_id
