"""The orientation in an EXIF block, without a library that reads all of it."""

from __future__ import annotations

import struct

_ORIENTATION = 0x0112
_NUMBERS = {1: "B", 3: "H", 4: "I"}
_HEAD = b"Exif\0\0"


def orientation_in(block: bytes) -> int:
    """1-8; 1 if the block has none or is broken, which is not a reason to refuse an image."""
    tiff = block[len(_HEAD) :] if block.startswith(_HEAD) else block
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (at,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, at)
        for entry in range(at + 2, at + 2 + 12 * min(count, 1000), 12):
            tag, kind, _ = struct.unpack_from(f"{order}HHI", tiff, entry)
            if tag == _ORIENTATION and kind in _NUMBERS:
                (value,) = struct.unpack_from(order + _NUMBERS[kind], tiff, entry + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
