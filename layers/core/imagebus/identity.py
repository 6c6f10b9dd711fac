"""Identity: what makes two events the same event, and two images the same image."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

#: Every event_id is a UUIDv5 in this namespace. Changing it would make every retry a new event.
NAMESPACE = uuid.UUID("6f1b6e0a-6a53-5d0e-9a58-0d8c1b6d5f11")

#: S3 sequencers have no fixed length. Padded to this width, they sort as text.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
REVISION_WIDTH = 32

#: The indexes are split into this many partitions, so that none of them takes every write.
SHARDS = 4


def revision(sequencer: str) -> str:
    """The S3 sequencer as a sortable revision: for one key, newer is greater."""
    return sequencer.upper().ljust(REVISION_WIDTH, "0")


def revision_after(revision: str) -> str:
    """Right after the other, and older than any that S3 will report: its sequencers are shorter."""
    return f"{int(revision, 16) + 1:0{REVISION_WIDTH}X}"


def imported_revision(modified: datetime, version_id: str) -> str:
    """The revision of an object without a sequencer. Every sequencer of S3 is greater: see ADR 21.

    Sixteen zeros, then the time of the write in milliseconds, so that of two versions the newer is greater.
    """
    version = hashlib.sha256(version_id.encode()).hexdigest()[:4]
    return f"{0:016}{round(modified.timestamp() * 1000):012X}{version.upper()}"


def is_imported(revision: str) -> bool:
    return revision.startswith(f"{0:016}")


def event_id(detail_type: str, image_key: str, revision: str, discriminator: str = "") -> str:
    """The same work on the same revision always yields the same id, however often it is retried."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join((detail_type, image_key, revision, discriminator))))


def stack_event_id(detail_type: str, stack: str, discriminator: str) -> str:
    """Of an event about the stack. No image's event has it, because an image key is never empty."""
    return event_id(detail_type, "", stack, discriminator)


def recipe_run(recipe: str, generation: int) -> str:
    """The discriminator of a fact by that recipe. Using it on the image once more is a new fact."""
    return f"{recipe}#{generation}" if generation else recipe


def image_id(image_key: str) -> str:
    """A fixed-length name for a key: safe in object keys, indexes and logs, where the key itself is not."""
    return hashlib.sha256(image_key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def shard(image_key: str) -> str:
    """Which of the SHARDS partitions of an index lists the image."""
    return str(int(image_id(image_key)[:8], 16) % SHARDS)


def derived_prefix(image_key: str, revision: str = "") -> str:
    """The prefix of the objects derived from an image: `<image_id>/`, or `<image_id>/<revision>/`."""
    prefix = f"{image_id(image_key)}/"
    return f"{prefix}{revision}/" if revision else prefix


def canonical_json(value: Any) -> str:
    """The same text for equal values: sorted keys, no spaces, and no escapes but JSON's own and those of two
    characters that SQS refuses, and keys of S3 may have.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
