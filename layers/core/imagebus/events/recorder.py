"""recorder: what follows from the facts recorded so far."""

from __future__ import annotations

from typing import Annotated

import msgspec

from imagebus.events.base import EventData
from imagebus.events.model import Count, Name
from imagebus.events.validator import Side
from imagebus.image_types import Format

Milliseconds = Annotated[int, msgspec.Meta(ge=-(2**53) + 1, le=2**53 - 1)]


class ProcessingStalled(EventData):
    """Required facts are overdue: the image has waited too long for them."""

    producer = "recorder"
    missing: Annotated[tuple[Name, ...], msgspec.Meta(max_length=50)]
    waited_s: Count


class ImageProcessed(EventData):
    """Every required fact is present: the final success. `stages` maps a stage to its milliseconds."""

    producer = "recorder"
    stages: Annotated[dict[Name, Milliseconds], msgspec.Meta(max_length=50)]
    duration_ms: Milliseconds
    counts: Annotated[dict[Name, Count], msgspec.Meta(max_length=50)]
    format: Format | None = None
    width: Side | None = None
    height: Side | None = None
    #: The label with Rekognition's highest confidence.
    top_label: Annotated[str, msgspec.Meta(max_length=200)] | None = None
