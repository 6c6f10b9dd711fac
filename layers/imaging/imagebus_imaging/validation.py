"""Deciding about untrusted bytes: an `ImageInfo`, or `Rejected` with the reason.

Cheap questions first: size, type, structure and limits in this process, then one decode in a child that may
be killed. Nothing is decoded here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from PIL import Image

from imagebus_imaging import jpegstream
from imagebus_imaging.decoding import decode_failures_are_rejections, load_plugin, open_image
from imagebus_imaging.formats import sniff
from imagebus_imaging.model import MIME, ImageInfo, Limits, Rejected
from imagebus_imaging.raster import displayed_size, orientation_of
from imagebus_imaging.sandbox import decode_in_child
from imagebus_imaging.structure import walk_to_pixels
from imagebus_imaging.structure.facts import Structure
from imagebus_imaging.structure.jpeg import end_of_jpeg
from imagebus_imaging.trailers import check_trailer

DEFAULT_LIMITS = Limits()
_HEAD = 65_536


def validate(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ImageInfo:
    """What the bytes are. Raises `Rejected` for everything that is not an acceptable image.

    `DecoderStalled`, `DecoderFault` and OSError are this machine's trouble: retry them.
    """
    name = check_size_and_type(data, limits)
    structure = walk_to_pixels(data, name, limits)
    check_limits(structure, name, len(data), limits)
    if not structure.open_ended:
        check_trailer(data, structure, limits)
    _import_for(data[: min(structure.end, _HEAD)], name)
    digest = hashlib.sha256(usedforsecurity=False)
    seen = decode_in_child(lambda: probe(data, name, limits), limits, lambda: digest.update(data))
    if structure.open_ended:
        end = end_of_jpeg(data, limits, max(structure.end, int(seen["read_to"])))
        check_trailer(data, replace(structure, end=end, open_ended=False), limits)
    return ImageInfo(
        name,
        MIME[name],
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
    name = sniff(data)
    if name is None:
        raise Rejected("unsupported_format", "the bytes are no image of a known format")
    if name not in limits.formats:
        raise Rejected("unsupported_format", f"{name} is not accepted here")
    return name


def check_limits(structure: Structure, name: str, size: int, limits: Limits) -> None:
    pixels = structure.width * structure.height
    if pixels > limits.max_pixels:
        raise Rejected(
            "too_many_pixels", f"{structure.width}x{structure.height} pixels", limits.max_pixels, pixels
        )
    floor = limits.max_pixels_per_byte.get(name)
    if floor and pixels > limits.floor_pixels and pixels > floor * size:
        raise Rejected("too_costly", "too many pixels for so few bytes", floor, round(pixels / size))
    if structure.decoder_bytes > limits.memory_bytes:
        raise Rejected(
            "too_costly",
            "decoding needs more memory than allowed",
            limits.memory_bytes,
            structure.decoder_bytes,
        )


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
        width, height = displayed_size(image, orientation)
        if width * height > limits.max_pixels:
            raise Rejected("too_many_pixels", f"{width}x{height} pixels", limits.max_pixels, width * height)
        frames = int(getattr(image, "n_frames", 1)) if name in ("AVIF", "HEIF") else 1
        if frames > 1 and frames * width * height > limits.max_frames_pixels:
            raise Rejected(
                "too_many_frames",
                "too many frames of this size",
                limits.max_frames_pixels,
                frames * width * height,
            )
        mode, has_alpha = image.mode, image.has_transparency_data
        read_to = 0
        if name == "PNG":
            pngstream = import_module("imagebus_imaging.pngstream")
            pngstream.check_rows(data, pngstream.find(data, b"IDAT"))
        else:
            image.draft(None, (max(1, image.width // 8), max(1, image.height // 8)))
            if name == "JPEG":
                read_to = jpegstream.decode(image, data)
            else:
                image.load()
            if name == "HEIF":  # known for sure only once it is decoded
                width, height = image.size
    return {
        "width": width,
        "height": height,
        "mode": mode,
        "has_alpha": has_alpha,
        "frames": frames,
        "orientation": orientation,
        "read_to": read_to,
    }
