"""The key of the object that an S3 event is about, whether or not S3 URL-encoded it.

AWS documents nowhere which it is. The page about these events does not say; the one about S3's other
notifications says that their keys are encoded. Public code mostly takes the key as it is, as we do, but AWS's
own Powertools decodes it (S3EventBridgeNotificationObject.key).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://github.com/aws-powertools/powertools-lambda-python
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from imagebus.clock import Clock
from imagebus.events import Event, new_event
from imagebus.telemetry import count, logger

#: bucket, key, version id -> whether the key has that version
HasVersion = Callable[[str, str, str], bool]


class ObjectNotFound(Exception):
    """S3 has no such version under either form of the key, or does not let us see it."""


def under_actual_key(
    event: Event[Any], has_version: HasVersion, clock: Clock, known: str | None = None
) -> Event[Any]:
    """The event, about the decoded key if only that has the version. Raises ObjectNotFound.

    S3 is asked only where the two forms differ, and first about the key as it is. A version belongs to one
    key, so no other image can be meant. Without a version id the key is taken as it is. `known` is the form
    that is known to have the version, which may be gone from S3.
    """
    meta, bucket = event.meta, event.data.bucket
    actual = decoded(meta.image_key)
    if actual == meta.image_key or meta.version_id is None:
        return event
    if known == meta.image_key or (known is None and has_version(bucket, meta.image_key, meta.version_id)):
        logger().info("S3 sent the key as it is")  # `imagebus smoke` waits for this line or the one below
        return event
    if known is None and not has_version(bucket, actual, meta.version_id):
        raise ObjectNotFound("S3 has no such version under either form of the key, or does not let us see it")
    count("KeysDecoded", "ingest")
    logger().warning("S3 sent an encoded key")
    return new_event(
        event.data,
        image_key=actual,
        revision=meta.revision,
        version_id=meta.version_id,
        clock=clock,
        usage=meta.usage,
    )


def decoded(key: str) -> str:
    """The key, if it is URL-encoded; otherwise the same text."""
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        return key
