"""Which of our facts an event of S3 states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def fact_of(envelope: Mapping[str, Any]) -> str | None:
    """The detail type of the fact that the event's sequencer is the revision of; None if there is none.

    The permanent removal of a version states no fact by itself: what is current may not have changed.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
    """
    if envelope["detail-type"] == "Object Created":
        return "ImageUploaded"
    marker = envelope["detail"].get("deletion-type") == "Delete Marker Created"
    return "ImageDeleted" if envelope["detail-type"] == "Object Deleted" and marker else None
