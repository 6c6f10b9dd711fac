"""ingest: what happened to an object in the uploads bucket."""

from __future__ import annotations

from typing import Literal

from imagebus.events.base import EventData
from imagebus.events.model import Count, Name, Text


class ImageUploaded(EventData):
    """An object was written to the uploads bucket."""

    producer = "ingest"
    bucket: Name
    size: Count
    etag: Name
    #: S3's reason (PutObject, CopyObject, …), or ours: `restored`, `imported`.
    reason: Text
    #: S3's own time of the write, in whole seconds; `occurred_at` has milliseconds.
    uploaded_at: Text | None = None


class ImageDeleted(EventData):
    """The key has no current object: its newest version is a delete marker, or no version is left."""

    producer = "ingest"
    bucket: Name
    deletion_type: Literal["Delete Marker Created"]
    #: True if versions were permanently removed. `deletion_type` keeps the one value that version 1 allows.
    permanent: bool | None = None
