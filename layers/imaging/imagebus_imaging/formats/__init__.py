"""What is known about each format without decoding a pixel: one module per format.

A format module recognises its own bytes (`detect`) and walks their structure (`walk`): sizes, frames, scans,
metadata, and where the image ends. Walks read untrusted bytes in Python, so each is linear in the bytes and
visits a limited number of parts.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from imagebus_imaging.formats.base import Structure
from imagebus_imaging.interface import Limits

# Loaded in this order until one recognises the bytes: a JPEG loads only the first.
_MODULES = {
    "JPEG": "jpeg",
    "PNG": "png",
    "WEBP": "webp",
    "GIF": "gif",
    "AVIF": "isobmff",
    "HEIF": "isobmff",
    "TIFF": "tiff",
    "JXL": "jxl",
}


def detect(data: bytes) -> str | None:
    """The format's name from its first bytes, or None. Names and content types prove nothing."""
    for module in dict.fromkeys(_MODULES.values()):
        name: str | None = _load(module).detect(data)
        if name:
            return name
    return None


def walk(data: bytes, name: str, limits: Limits) -> Structure:
    """Raises `Rejected`: `corrupt` for a broken structure, or the limit that the structure already breaks."""
    structure: Structure = _load(_MODULES[name]).walk(data, limits)
    return structure


def _load(module: str) -> Any:
    return import_module(f"{__name__}.{module}")
