"""thumbnailer: smaller copies."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imagebus.events.base import Count, EventData, Model, Name
from imagebus.events.validator import Sha256, Side
from imagebus.image_types import Format


class Thumbnail(Model):
    """One derived image; `name` is the box that it fits into, such as `320x320`."""

    name: Name
    bucket: Name
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    width: Side
    height: Side
    format: Format
    bytes: Count
    sha256: Sha256


class ThumbnailsCreated(EventData):
    """Every configured size was written. `still` is true if they show the first frame of an animation."""

    producer = "thumbnailer"
    recipe: Name
    items: Annotated[tuple[Thumbnail, ...], msgspec.Meta(max_length=50)]
    still: bool | None = None
    #: Of two recipes of one image the one of the greater generation shows. A deployment counts them.
    generation: Count | None = None
