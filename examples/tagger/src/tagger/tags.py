"""An image's outcome as S3 object tags. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imagebus.events import Event
from imagebus.events.recorder import ImageProcessed
from imagebus.events.validator import ImageRejected

PREFIX = "imagebus-"
REVISION = PREFIX + "revision"
PROCESSED_AT = PREFIX + "processed-at"

#: An object has at most ten tags, and some characters are not allowed in them.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
MAX_TAGS = 10
MAX_VALUE = 256
_FORBIDDEN = re.compile(r"[^\w +\-=.:/@]")

Tags = dict[str, str]


def tags(event: Event[ImageProcessed | ImageRejected]) -> Tags:
    """The most important tags first. The revision identifies their upload."""
    data = event.data
    told: dict[str, str | None]
    if isinstance(data, ImageProcessed):
        told = {"status": "completed", "format": data.format, "top-label": data.top_label}
    else:
        told = {"status": "rejected", "reason": data.code}
    ours = {PREFIX + name: _value(text) for name, text in told.items() if text}
    return {REVISION: event.meta.revision, PROCESSED_AT: event.meta.occurred_at, **ours}


def merge(present: Mapping[str, str], ours: Tags) -> Tags | None:
    """The object's new tags, or None if it already has these, or those of a newer upload.

    An outcome that was announced twice keeps its first time, in whatever order they arrive, as in the
    pipeline's log. Other tags stay; if there is no room for all of ours, the last ones are left out.
    """
    revision = present.get(REVISION, "")
    if revision > ours[REVISION]:
        return None
    if revision == ours[REVISION] and present.get(PROCESSED_AT, "") <= ours[PROCESSED_AT]:
        return None
    others = {name: text for name, text in present.items() if not name.startswith(PREFIX)}
    room = max(0, MAX_TAGS - len(others))
    return others | dict(list(ours.items())[:room])


def _value(text: str) -> str:
    return _FORBIDDEN.sub("_", text)[:MAX_VALUE]
