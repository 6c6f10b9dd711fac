"""The image types that the pipeline accepts. Imports only the standard library: the engine uses this, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Format = Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"]
SourceFormat = Literal["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF", "TIFF", "JXL"]
MimeType = Literal[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/avif",
    "image/heic",
    "image/heif",
    "image/tiff",
    "image/jxl",
]


@dataclass(frozen=True, slots=True)
class ImageType:
    """A MIME type, its format, and the file extensions in use; we write the first."""

    format: SourceFormat
    mime: MimeType
    extensions: tuple[str, ...]


#: The first row of a format is the one we write.
IMAGE_TYPES = (
    ImageType("JPEG", "image/jpeg", ("jpg", "jpeg")),
    ImageType("PNG", "image/png", ("png",)),
    ImageType("WEBP", "image/webp", ("webp",)),
    ImageType("GIF", "image/gif", ("gif",)),
    ImageType("AVIF", "image/avif", ("avif",)),
    ImageType("HEIF", "image/heic", ("heic",)),
    ImageType("HEIF", "image/heif", ("heif",)),
    ImageType("TIFF", "image/tiff", ("tif", "tiff")),
    ImageType("JXL", "image/jxl", ("jxl",)),
)
#: Accepted by default; the other source formats only where `AcceptedFormats` names them.
FORMATS: tuple[Format, ...] = get_args(Format)
MIME_TYPES: tuple[MimeType, ...] = get_args(MimeType)

MIME_OF_FORMAT: Mapping[str, str] = {each.format: each.mime for each in reversed(IMAGE_TYPES)}
EXTENSION_OF_FORMAT: Mapping[str, str] = {each.format: each.extensions[0] for each in reversed(IMAGE_TYPES)}
EXTENSION_OF_MIME: Mapping[str, str] = {each.mime: each.extensions[0] for each in IMAGE_TYPES}
MIME_OF_EXTENSION: Mapping[str, str] = {ext: each.mime for each in IMAGE_TYPES for ext in each.extensions}

#: What a source format is derived to where it is not one that we write.
OUTPUT_OF_SOURCE: Mapping[str, str] = {"GIF": "PNG", "HEIF": "JPEG", "TIFF": "JPEG", "JXL": "JPEG"}

#: Of all derived images.
OUTPUT_EXTENSIONS = ("jpg", "png", "webp", "avif")

#: The first is the one that most programs show.
COMPATIBLE = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF")


def most_compatible(formats: Collection[str]) -> str:
    """The format for callers of whom nothing is known. `formats` is not empty."""
    return min(formats, key=COMPATIBLE.index)
