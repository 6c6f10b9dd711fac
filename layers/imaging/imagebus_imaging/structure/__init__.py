"""Structure walks: what a file says about itself, read without decoding a pixel.

Pure Python on untrusted bytes, so each walk is bounded: linear in the bytes, with a cap on the parts it
visits.
"""

from __future__ import annotations

from imagebus_imaging.model import Limits
from imagebus_imaging.structure.facts import Structure
from imagebus_imaging.structure.gif import walk_gif
from imagebus_imaging.structure.isobmff import walk_isobmff
from imagebus_imaging.structure.jpeg import walk_jpeg
from imagebus_imaging.structure.png import walk_png
from imagebus_imaging.structure.webp import walk_webp

_WALKS = {
    "JPEG": walk_jpeg,
    "PNG": walk_png,
    "WEBP": walk_webp,
    "GIF": walk_gif,
    "AVIF": walk_isobmff,
    "HEIF": walk_isobmff,
}


def walk(data: bytes, image_format: str, limits: Limits) -> Structure:
    """Raises `Rejected`: `corrupt` for a broken structure, or the limit that the structure already breaks."""
    return _WALKS[image_format](data, limits)


def walk_to_pixels(data: bytes, image_format: str, limits: Limits) -> Structure:
    """As `walk`, without reading what a decoder will read: see `Structure.open_ended`."""
    if image_format == "JPEG":
        return walk_jpeg(data, limits, to_sole_scan=True)
    return walk(data, image_format, limits)
