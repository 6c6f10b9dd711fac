"""Deciding about untrusted bytes: an `ImageInfo`, or `Rejected` with the reason."""

from __future__ import annotations

import hashlib

from imagebus_imaging.decoding import decode_failures_are_rejections, open_image
from imagebus_imaging.formats import sniff
from imagebus_imaging.model import MIME, ImageInfo, Limits, Rejected
from imagebus_imaging.raster import displayed_size, orientation_of

DEFAULT_LIMITS = Limits()


def validate(data: bytes, limits: Limits = DEFAULT_LIMITS) -> ImageInfo:
    """What the bytes are. Raises `Rejected` for everything that is not an acceptable image."""
    if not data:
        raise Rejected("empty", "the object has no bytes")
    if len(data) > limits.max_bytes:
        raise Rejected("too_many_bytes", "the object is too large", limits.max_bytes, len(data))
    name = sniff(data)
    if name is None or name not in limits.formats:
        raise Rejected("unsupported_format", f"not an accepted image format: {name or 'unknown'}")
    image = open_image(data, name)
    with decode_failures_are_rejections():
        orientation = orientation_of(image)
        width, height = displayed_size(image, orientation)
        if width * height > limits.max_pixels:
            raise Rejected("too_many_pixels", f"{width}x{height}", limits.max_pixels, width * height)
        frames = int(getattr(image, "n_frames", 1)) if name != "JPEG" else 1
        if frames * width * height > limits.max_frames_pixels:
            raise Rejected(
                "too_many_frames", f"{frames} frames", limits.max_frames_pixels, frames * width * height
            )
        mode, alpha = image.mode, image.has_transparency_data
        image.draft(None, (max(1, width // 8), max(1, height // 8)))
        image.load()
    digest = hashlib.sha256(data).hexdigest()
    return ImageInfo(name, MIME[name], width, height, mode, alpha, frames, orientation, digest, len(data))
