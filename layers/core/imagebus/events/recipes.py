"""What operators ask for when they change recipes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from imagebus.events.analyzer import Box
from imagebus.events.base import EventData, StackData
from imagebus.events.model import Count, EventId, Name, Text
from imagebus.events.thumbnailer import Thumbnail
from imagebus.events.watermarker import Copy
from imagebus.image_types import SourceFormat


class DerivationRequested(EventData):
    """Derive what the recipe asks for from an image that is there already. Nobody is notified.

    The stages that are not in `stages` have nothing to do. `present` and `marked` are objects that the recipe
    shares with others and that need not be made again.
    """

    producer = "operator"
    recipe: Name
    stages: Annotated[tuple[Literal["thumbnailer", "watermarker"], ...], msgspec.Meta(max_length=2)]
    bucket: Name
    etag: Name
    format: SourceFormat
    frames: Annotated[int, msgspec.Meta(ge=1)]
    #: How often the recipe was used on the image before.
    generation: Count = 0
    present: Annotated[tuple[Thumbnail, ...], msgspec.Meta(max_length=50)] = ()
    marked: Copy | None = None
    #: The largest faces that Rekognition found, for variants that focus on them.
    faces: Annotated[tuple[Box, ...], msgspec.Meta(max_length=20)] = ()


class VariantsPruned(EventData):
    """The objects that these facts alone named are removed. `retired` are the facts' ids."""

    producer = "operator"
    retired: Annotated[tuple[EventId, ...], msgspec.Meta(max_length=200)]
    objects: Count
    bytes: Count


class RecipePromoted(StackData):
    """Another set of recipes decides what readers see, for all images at once. `by` is who promoted it.

    Going back to an earlier set is a promotion as well. `number` counts the stack's promotions from 1.
    """

    producer = "operator"
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
    #: Absent where no set decides: before the first promotion, and after it was taken back. Then each image
    #: shows what it was made with.
    to_set: Name | None = None
    from_set: Name | None = None
    by: Name
    note: Text | None = None
