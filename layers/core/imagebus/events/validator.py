"""validator: what the uploaded bytes are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from imagebus.events.base import EventData
from imagebus.events.model import Count, Model, Name, Text
from imagebus.image_types import SourceFormat

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Side = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
RejectionCode = Literal[
    "unsupported_format",
    "empty",
    "too_many_bytes",
    "too_many_pixels",
    "too_many_frames",
    "too_costly",
    "corrupt",
    "trailing_data",
    "gone",
]


class Trailer(Model):
    """What follows an image in its file: the kinds of its parts joined by "+", and all of its bytes."""

    kind: Name
    bytes: Count


def _fewer_formats(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 had no optional formats."""
    return data


class ImageValidated(EventData):
    """The bytes are an image that the pipeline accepts. Width and height are as displayed.

    Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
    """

    producer = "validator"
    upcasters = (_fewer_formats,)
    bucket: Name
    size: Count
    etag: Name
    format: SourceFormat
    mime: Name
    width: Side
    height: Side
    mode: Name
    has_alpha: bool
    frames: Annotated[int, msgspec.Meta(ge=1)]
    orientation: Annotated[int, msgspec.Meta(ge=1, le=8)]
    sha256: Sha256
    trailer: Trailer | None = None
    #: The end of the image is missing; what is there is shown.
    truncated: bool | None = None
    #: Made for brighter screens, by its transfer function or a gain map. Outputs are sRGB.
    hdr: Literal["pq", "hlg", "gain-map"] | None = None
    #: The id of the recipe that the image is made by, decided once.
    recipe: Name | None = None
    #: What the uploader said about the image (x-amz-meta-…).
    user_metadata: Annotated[dict[Name, Text], msgspec.Meta(max_length=100)] | None = None


class ImageRejected(EventData):
    """The bytes are not an image that the pipeline accepts. Final."""

    producer = "validator"
    code: RejectionCode
    limit: Count | None = None
    actual: Count | None = None
    detail: Text
