"""What options of the commands about images can be."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    PROCESSING = "processing"
    COMPLETED = "completed"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETED = "deleted"


class Format(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"


class OptionalFormat(StrEnum):
    """Formats of uploads that are accepted only where `AcceptedFormats` names them."""

    TIFF = "tiff"
    JXL = "jxl"
