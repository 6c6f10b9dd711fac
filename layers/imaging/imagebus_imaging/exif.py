"""The orientation and the maker in an EXIF block, without a library that reads all of it."""

from __future__ import annotations

import struct

_MAKE, _ORIENTATION = 0x010F, 0x0112
_NUMBERS = {1: "B", 3: "H", 4: "I"}
_TEXT, _LONGEST = 2, 64
_HEAD = b"Exif\0\0"


def orientation_in(block: bytes) -> int:
    """1-8; 1 if the block has none or is broken, which is not a reason to refuse an image."""
    tiff = block.removeprefix(_HEAD)
    try:
        order, kind, _, place = _entry(tiff, _ORIENTATION)
        (value,) = struct.unpack_from(order + _NUMBERS[kind], tiff, place)
    except (struct.error, KeyError):
        return 1
    return value if 1 <= value <= 8 else 1


def make_in(block: bytes) -> bytes:
    """The camera's maker, up to its first NUL; empty if the block has none or is broken."""
    tiff = block.removeprefix(_HEAD)
    try:
        order, kind, size, place = _entry(tiff, _MAKE)
        if size > 4:
            (place,) = struct.unpack_from(f"{order}I", tiff, place)
    except (struct.error, KeyError):
        return b""
    return tiff[place : place + min(size, _LONGEST)].partition(b"\0")[0] if kind == _TEXT else b""


def _entry(tiff: bytes, wanted: int) -> tuple[str, int, int, int]:
    """(byte order, type, count, location of the value or of its offset). Raises KeyError or struct.error."""
    order = {b"II": "<", b"MM": ">"}[tiff[:2]]
    (at,) = struct.unpack_from(f"{order}I", tiff, 4)
    (entries,) = struct.unpack_from(f"{order}H", tiff, at)
    for place in range(at + 2, at + 2 + 12 * min(entries, 1000), 12):
        tag, kind, count = struct.unpack_from(f"{order}HHI", tiff, place)
        if tag == wanted:
            return order, kind, count, place + 8
    raise KeyError(wanted)
