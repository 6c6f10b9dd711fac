"""Writing derived images: pixels only, the settings measured to be worth their time."""

from __future__ import annotations

import hashlib
import io
from importlib import import_module
from typing import Any

from PIL import Image

from imagebus.image_types import MIME_OF_FORMAT, OUTPUT_OF_SOURCE
from imagebus_imaging.decoders import load_decoder
from imagebus_imaging.interface import Derived

#: Of WebP, whose stills have the same.
ANIMATED_QUALITY = 80
# WebP: method 2 is twice as fast as 4, for as many bytes. PNG is written without Pillow.
_SAVE: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 85},
    "PNG": {},
    "WEBP": {"quality": ANIMATED_QUALITY, "method": 2},
    "AVIF": {"quality": 60, "speed": 9, "max_threads": 1},
}


def output_format_for(source_format: str, wanted: str) -> str:
    """`source` is the format of the source, or the one that suits it where we do not write that format."""
    if wanted == "source":
        return OUTPUT_OF_SOURCE.get(source_format, source_format)
    name = wanted.upper()
    if name not in _SAVE:
        raise ValueError(f"cannot write {wanted!r}: choose one of {', '.join(sorted(_SAVE))}")
    return name


def encode(name: str, image: Image.Image, image_format: str, quality: int | None = None) -> Derived:
    """The image as bytes of that format. JPEG needs an image without alpha."""
    data = _png(image) if image_format == "PNG" else _saved(image, image_format, quality)
    return derived(name, image.size, image_format, data)


def derived(name: str, size: tuple[int, int], image_format: str, data: bytes, frames: int = 1) -> Derived:
    return Derived(
        name,
        *size,
        image_format,
        MIME_OF_FORMAT[image_format],
        data,
        hashlib.sha256(data).hexdigest(),
        frames,
    )


def _png(image: Image.Image) -> bytes:
    data: bytes = import_module("imagebus_imaging.pngwriting").png(image)
    return data


def _saved(image: Image.Image, image_format: str, quality: int | None) -> bytes:
    load_decoder(image_format)
    options = dict(_SAVE[image_format])
    if quality is not None and "quality" in options:
        options["quality"] = quality
    # A save copies what `info` holds (comments, EXIF, profile); derived images start without any.
    image.info = {}
    buffer = io.BytesIO()
    image.save(buffer, image_format, **options)
    return buffer.getvalue()
