"""Translates S3's EventBridge events into our facts."""

from __future__ import annotations

from typing import Any

from imagebus.clock import Clock
from imagebus.events import Event, NotAnEvent, new_event
from imagebus.events.ingest import ImageDeleted, ImageUploaded
from imagebus.identity import revision
from imagebus.meter import Meter


def translate(envelope: dict[str, Any], clock: Clock) -> Event[ImageUploaded] | Event[ImageDeleted] | None:
    """The event for an upload or a deletion; None for any other.

    The key is as S3 sent it. Raises NotAnEvent.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    try:
        detail = envelope["detail"]
        bucket, item = detail["bucket"]["name"], detail["object"]
        key, sequencer, version_id = item["key"], item["sequencer"], item.get("version-id")
        identity: dict[str, Any] = {
            "image_key": key,
            "revision": revision(sequencer),
            "version_id": version_id,
            "clock": clock,
            "usage": Meter(clock).usage(),
        }
        if envelope["detail-type"] == "Object Created":
            uploaded = ImageUploaded(
                bucket=bucket,
                size=item["size"],
                etag=item["etag"],
                reason=detail.get("reason", "unknown"),
                uploaded_at=envelope.get("time"),
            )
            return new_event(uploaded, **identity)
        if detail["deletion-type"] == "Delete Marker Created":
            return new_event(ImageDeleted(bucket=bucket, deletion_type=detail["deletion-type"]), **identity)
    except (KeyError, TypeError, AttributeError) as error:
        raise NotAnEvent(f"not an S3 event: {type(error).__name__}") from error
    return None  # a version was permanently removed
