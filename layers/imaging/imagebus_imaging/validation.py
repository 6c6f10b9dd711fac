"""Deciding about untrusted bytes: an `ImageInfo`, or `Rejected` with the reason.

Cheap questions first: size, type, structure and limits in this process, then one decode in a child that can
be killed. What each format knows is in `formats`, what may follow an image in `trailers`; this module
decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from PIL import Image

from imagebus.image_types import MIME_OF_FORMAT
from imagebus_imaging.decoding import decode_failures_are_rejections, load_plugin, open_image
from imagebus_imaging.formats import detect, walk
from imagebus_imaging.formats.base import Structure, check_frames, check_size
from imagebus_imaging.model import ImageInfo, Limits, Rejected
from imagebus_imaging.raster import displayed_size, orientation_of
from imagebus_imaging.sandbox import decode_in_child
from imagebus_imaging.trailers import check_trailer

DEFAULT_LIMITS = Limits()
_HEAD = 65_536


def validate(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ImageInfo:
    """What the bytes are. Raises `Rejected` for everything that is not an acceptable image.

    `DecoderStalled`, `DecoderFault` and OSError say nothing about the image: retry them.
    """
    name = check_size_and_type(data, limits)
    structure = walk(data, name, limits)
    check_size(structure, name, len(data), limits)
    if not structure.open_ended:
        check_trailer(data, structure, limits)
    _import_for(data[: min(structure.end, _HEAD)], name)
    digest = hashlib.sha256(usedforsecurity=False)
    seen = decode_in_child(lambda: probe(data, name, limits), limits, lambda: digest.update(data))
    if structure.open_ended:
        check_trailer(data, _closed(data, structure, int(seen["read_to"]), limits), limits)
    return ImageInfo(
        name,
        MIME_OF_FORMAT[name],
        int(seen["width"]),
        int(seen["height"]),
        str(seen["mode"]),
        bool(seen["has_alpha"]),
        max(structure.frames, int(seen["frames"])),
        int(seen["orientation"]),
        digest.hexdigest(),
        len(data),
    )


def check_size_and_type(data: bytes, limits: Limits) -> str:
    """The format's name. Raises `Rejected` before anything is read past the first bytes."""
    if not data:
        raise Rejected("empty", "the object has no bytes", 1, 0)
    if len(data) > limits.max_bytes:
        raise Rejected("too_many_bytes", "the object is too large", limits.max_bytes, len(data))
    name = detect(data)
    if name is None:
        raise Rejected("unsupported_format", "the bytes are not an image of a known format")
    if name not in limits.formats:
        raise Rejected("unsupported_format", f"{name} is not accepted here")
    return name


def _closed(data: bytes, structure: Structure, read_to: int, limits: Limits) -> Structure:
    jpeg = import_module("imagebus_imaging.formats.jpeg")
    return replace(structure, end=jpeg.end_of_image(data, limits, max(structure.end, read_to)))


def _import_for(head: bytes, name: str) -> None:
    # Here and not in the child: what a child imports is lost with it, and paid again for the next image.
    load_plugin(name)
    if b"Exif" in head or b"eXIf" in head:
        import_module("PIL.TiffImagePlugin")


def probe(data: bytes, name: str, limits: Limits) -> Mapping[str, Any]:
    """Runs in the child. Opens, and decodes what outputs are made from, at the cheapest scale there is."""
    Image.MAX_IMAGE_PIXELS = None  # the limit was checked on the structure, and is checked again below
    image = open_image(data, name)
    with decode_failures_are_rejections():
        orientation = orientation_of(image, data)
        size = displayed_size(image, orientation)
        check_size(Structure(*size, len(data)), "", 0, limits)
        frames = int(getattr(image, "n_frames", 1)) if name in ("AVIF", "HEIF") else 1
        check_frames(frames, size[0] * size[1], limits)
        mode, has_alpha = image.mode, image.has_transparency_data
        read_to = _decode(image, data, name)
        if name == "HEIF":  # its size is certain only once it is decoded
            size = image.size
    return {
        "width": size[0],
        "height": size[1],
        "mode": mode,
        "has_alpha": has_alpha,
        "frames": frames,
        "orientation": orientation,
        "read_to": read_to,
    }


def _decode(image: Any, data: bytes, name: str) -> int:
    if name == "PNG":
        import_module("imagebus_imaging.pngstream").check_rows(data)
        return 0
    image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
    if name == "JPEG":
        return int(import_module("imagebus_imaging.formats.jpeg").decode(image, data))
    image.load()
    return 0
