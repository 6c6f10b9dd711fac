"""thumbnailer: smaller copies."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imagebus.events.base import EventData
from imagebus.events.model import Count, Model, Name
from imagebus.events.validator import Sha256, Side
from imagebus.image_types import Format


class Thumbnail(Model):
    """One derived image. `name` is its variant's: of today's default recipe the box, such as `320x320`.

    A variant with several formats has an item for each. `variant` identifies what made it: recipes that
    ask for the same share the object.
    """

    name: Name
    bucket: Name
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
    width: Side
    height: Side
    format: Format
    bytes: Count
    sha256: Sha256
    variant: Name | None = None


class ThumbnailsCreated(EventData):
    """Every variant of the recipe was written. `still` is true if they show the first frame of an animation.

    `recipe` is the engine's number and the recipe's id: `2026-11.5/0c9f…`. Of two facts by one recipe the one
    of the greater generation counts.
    """

    producer = "thumbnailer"
    recipe: Name
    items: Annotated[tuple[Thumbnail, ...], msgspec.Meta(max_length=50)]
    still: bool | None = None
    #: Counts the times that the recipe was used on the image, from 0; before recipes had ids, deployments.
    generation: Count | None = None
