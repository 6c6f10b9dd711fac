"""watermarker: the copy for public display."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imagebus.events.base import Count, EventData, Name
from imagebus.events.validator import Side
from imagebus.image_types import Format


class ImageWatermarked(EventData):
    """A watermarked copy was written."""

    producer = "watermarker"
    recipe: Name
    bucket: Name
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    width: Side
    height: Side
    format: Format
    bytes: Count
    #: Of two recipes of one image the one of the greater generation shows. A deployment counts them.
    generation: Count | None = None
