"""watermarker: the copy for public display."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imagebus.events.base import EventData
from imagebus.events.model import Count, Model, Name, Text
from imagebus.events.validator import Side
from imagebus.image_types import Format

ObjectKey = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]


class Copy(Model):
    """A watermarked copy that is there."""

    bucket: Name
    key: ObjectKey
    width: Side
    height: Side
    format: Format
    bytes: Count


class ImageWatermarked(EventData):
    """A watermarked copy was written."""

    producer = "watermarker"
    recipe: Name
    bucket: Name
    key: ObjectKey
    width: Side
    height: Side
    format: Format
    bytes: Count
    #: Counts the times that the recipe was used on the image, from 0; before recipes had ids, deployments.
    generation: Count | None = None


class WatermarkSkipped(EventData):
    """The recipe asks for no watermarked copy."""

    producer = "watermarker"
    recipe: Name
    reason: Text
