"""ingest: what happened to an object in the uploads bucket."""

from __future__ import annotations

from typing import Literal

from imagebus.events.base import Count, EventData, Name, Text


class ImageUploaded(EventData):
    """An object was written to the uploads bucket."""

    producer = "ingest"
    bucket: Name
    size: Count
    etag: Name
    reason: Text
    #: S3's own time of the write, in whole seconds; `occurred_at` has milliseconds.
    uploaded_at: Text | None = None


class ImageDeleted(EventData):
    """The object was deleted: a delete marker is its newest version."""

    producer = "ingest"
    bucket: Name
    deletion_type: Literal["Delete Marker Created"]
