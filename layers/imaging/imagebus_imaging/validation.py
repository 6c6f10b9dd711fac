"""Validates untrusted bytes: an `ImageInfo`, or `Rejected` with the reason.

Cheap checks first: size, type, structure and limits in this process, then one decode in a child that can be
killed. `formats` knows what each format is, `trailers` names what follows an image, `openable` finds what
other programs would open. This module decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from imagebus.image_types import MIME_OF_FORMAT
from imagebus_imaging import openable, trailers
from imagebus_imaging.decoders import decode_failures_are_rejections, load_decoder, open_image
from imagebus_imaging.formats import detect, walk
from imagebus_imaging.formats.base import Structure, check_frames, check_size
from imagebus_imaging.interface import ImageInfo, Limits, Rejected, Trailer
from imagebus_imaging.raster import displayed_size, orientation_of
from imagebus_imaging.sandbox import decode_in_child

DEFAULT_LIMITS = Limits()
# What `strict` accepts when it is sound, and how many further images.
_STRICT = frozenset({"jpeg", "gain-map", "samsung"})
_STRICT_IMAGES = 15
_MAX_KIND = 100


def validate(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ImageInfo:
    """Describes the image. Raises `Rejected` for anything that is not an acceptable image.

    `DecoderStalled`, `DecoderFault` and OSError are not verdicts on the image: retry them.
    """
    name = check_size_and_type(data, limits)
    tail = trailers.tail_of(data)
    structure = _structure(data, name, tail[0], limits)
    check_size(structure, name, len(data), limits)
    trailer = None if structure.open_ended else _check_end(data, structure, tail, limits)
    load_decoder(name)  # import here and not in the child, which would import it for every image
    digest = hashlib.sha256(usedforsecurity=False)
    seen = decode_in_child(lambda: probe(data, name, limits), limits, lambda: digest.update(data))
    if structure.open_ended:
        structure = _closed(data, structure, tail[0], seen, limits)
        trailer = _check_end(data, structure, tail, limits)
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
        trailer,
        structure.truncated,
        structure.hdr or ("gain-map" if trailer and "gain-map" in trailer.kind else None),
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
        raise Rejected("unsupported_format", f"{name} is not accepted")
    return name


def _structure(data: bytes, name: str, tail: int, limits: Limits) -> Structure:
    """Some devices omit the end of the image and continue with their own records, which then end it."""
    try:
        structure = walk(data, name, limits)
    except Rejected:
        if tail == len(data):
            raise
    else:
        if tail == len(data) or not structure.truncated:
            return structure
    structure = walk(data[:tail], name, limits)
    return replace(structure, truncated=structure.truncated and structure.end < tail)


def _closed(
    data: bytes, structure: Structure, tail: int, seen: Mapping[str, Any], limits: Limits
) -> Structure:
    """The structure of a JPEG after its decoder has read the only scan."""
    if seen["truncated"] and data.find(b"\xff\xd9", int(seen["read_to"]), tail) < 0:
        return replace(structure, end=tail, open_ended=False, truncated=tail == len(data))
    closed: Structure = import_module("imagebus_imaging.formats.jpeg").closed(
        data, structure, int(seen["read_to"]), limits
    )
    return closed


def _check_end(
    data: bytes, structure: Structure, tail: tuple[int, list[trailers.Part]], limits: Limits
) -> Trailer | None:
    """What follows the image. Raises `Rejected` if the policy refuses it, or something in the metadata."""
    if structure.truncated and not limits.truncated:
        raise Rejected("corrupt", "the file ends before the end of image")
    parts = trailers.parts_of(data, structure, tail, limits)
    left = len(data) - structure.end
    if limits.trailing_data != "allow":
        starts = [at for part in parts for at in (part.start, *part.inside)]
        found = openable.found_in(data, structure.end, starts, structure.metadata)
        if found:
            raise Rejected("trailing_data", f"the file is {found} as well", 0, left)
    if limits.trailing_data == "strict":
        _check_strictly(parts, structure, left)
    if not left:
        return None
    kinds = list(dict.fromkeys(part.kind for part in parts)) or ["padding"]
    return Trailer("+".join(kinds)[:_MAX_KIND], left)


def _check_strictly(parts: list[trailers.Part], structure: Structure, left: int) -> None:
    known = _STRICT | ({"video"} if structure.declares_video else set())
    for number, part in enumerate(parts):
        if part.kind not in known or not part.sound or number >= _STRICT_IMAGES:
            raise Rejected("trailing_data", f"{left} bytes after the image: {part.kind}", 0, left)


def probe(data: bytes, name: str, limits: Limits) -> Mapping[str, Any]:
    """Runs in the child. Opens the image and decodes what outputs are made from, at the cheapest scale."""
    image = open_image(data, name)
    with decode_failures_are_rejections():
        orientation = orientation_of(image)
        size = displayed_size(image, orientation)
        check_size(Structure(*size, len(data)), "", 0, limits)
        frames = int(getattr(image, "n_frames", 1)) if name in ("AVIF", "HEIF") else 1
        check_frames(frames, size[0] * size[1], limits)
        mode, has_alpha = image.mode, image.has_transparency_data
        image.check()
        if name == "HEIF":  # its size is certain only once it is decoded
            size = image.size
    return {
        "width": size[0],
        "height": size[1],
        "mode": mode,
        "has_alpha": has_alpha,
        "frames": frames,
        "orientation": orientation,
        "read_to": image.read_to,
        "truncated": image.truncated,
    }
