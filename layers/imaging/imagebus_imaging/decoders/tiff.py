"""TIFF pixels: of the first page, and in modes that have one meaning.

Pillow and libtiff see one directory of the tags that pixels need. The chain of pages, directories below, and
tags of any other kind never reach their parsers.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Sequence
from contextlib import suppress
from io import BytesIO

from PIL.TiffImagePlugin import TiffImageFile

from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.formats.tiff import (
    BITS,
    COMPRESSION,
    EXIF,
    OFFSETS,
    SAMPLES,
    Directory,
    directory,
    first_page,
)
from imagebus_imaging.interface import Rejected

_NEEDED = frozenset(
    (
        256, 257, BITS, COMPRESSION, 262, 266, 277, 278, 282, 283, 284, 292, 293, 296, 317, 320, 322, 323,
        332, 338, 339, 347, 529, 530, 532, 34675, *OFFSETS, *OFFSETS.values(),
    )
)  # fmt: skip
# None, CCITT, LZW, JPEG, Deflate, PackBits. Old-style JPEG (6) has as many meanings as it had writers.
_COMPRESSIONS = frozenset((1, 2, 3, 4, 5, 7, 8, 32773, 32946))
_MODES = frozenset(("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I;16B"))
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0
# Make, model and orientation; the directory of the shot is below.
_CAMERA = (0x010F, 0x0110, 0x0112)
_PLANES, _SEPARATE = 284, 2
_MAX_VALUE = 1024
_NO_SUCH_PIXELS = "unknown pixel mode"  # Pillow's words for what a decoder might know, but it does not
Value = tuple[int, int, int, bytes]  # tag, type, count, and the value or its offset


def open_bytes(data: bytes) -> Decoder:
    page = first_page(data)
    compression = page.number(data, COMPRESSION, 1)
    if compression not in _COMPRESSIONS:
        raise Rejected("unsupported_format", f"TIFF with compression {compression}")
    separate = page.number(data, SAMPLES, 1) > 1 and page.number(data, _PLANES) == _SEPARATE
    if compression == 1 and separate and page.number(data, BITS, 1) == 16:
        # Pillow takes the planes for 8-bit ones.
        raise Rejected("unsupported_format", "TIFF with uncompressed 16-bit planes")
    try:
        image = FirstPage(BytesIO(_of_one_page(data, page)))
    except SyntaxError as error:
        if str(error) != _NO_SUCH_PIXELS:
            raise
        raise Rejected("unsupported_format", f"TIFF with {page.numbers(data, BITS)[:8]} bits") from None
    # Pillow neither scales 12 bits nor inverts 16, and what white is in 32 bits nobody says.
    wide = page.number(data, BITS, 1) > 8 and image.mode.startswith("I")
    plain = page.number(data, BITS, 1) == 16 and page.number(data, _PHOTOMETRIC) != _WHITE_IS_ZERO
    if image.mode not in _MODES or (wide and not plain):
        raise Rejected(
            "unsupported_format", f"TIFF with {page.number(data, BITS, 1)}-bit {image.mode} pixels"
        )
    image.info["exif"] = _exif(data, page)
    return image


class FirstPage(Decoder, TiffImageFile):
    """The one page that its directory describes."""

    def load_end(self) -> None:
        """Pillow would apply the orientation."""


def _of_one_page(data: bytes, page: Directory) -> bytes:
    """The file with another directory at its end, which its header refers to."""
    # One sample has one plane, but Pillow does not know that.
    needed = _NEEDED - {_PLANES} if page.number(data, SAMPLES, 1) == 1 else _NEEDED
    kept = {tag: entry for tag, entry in page.entries.items() if tag in needed}
    values = [
        (tag, entry.type, entry.count, data[entry.start : entry.end].ljust(4, b"\0"))
        if entry.end - entry.start <= 4
        else (tag, entry.type, entry.count, struct.pack(page.order + "I", entry.start))
        for tag, entry in sorted(kept.items())
    ]
    head = data[:4] + struct.pack(page.order + "I", len(data))
    return b"".join((head, memoryview(data)[8:], _directory(page.order, len(data), values)))


def _exif(data: bytes, page: Directory) -> bytes:
    """An EXIF block of what the camera says about the shot."""
    order = page.order
    camera, shot = _values(data, page, _CAMERA), []
    for below in page.numbers(data, EXIF)[:1]:
        with suppress(Rejected):
            shot = _values(data, directory(data, below, order))
    if shot:
        camera.append((EXIF, 4, 1, bytes(4)))
        below = 8 + len(_directory(order, 8, camera))
        camera[-1] = (EXIF, 4, 1, struct.pack(order + "I", below))
    first = _directory(order, 8, camera)
    return b"".join(
        (b"Exif\0\0", data[:4], struct.pack(order + "I", 8), first, _directory(order, 8 + len(first), shot))
    )


def _values(data: bytes, found: Directory, tags: Container[int] | None = None) -> list[Value]:
    return [
        (tag, entry.type, entry.count, data[entry.start : entry.end].ljust(4, b"\0"))
        for tag, entry in sorted(found.entries.items())
        if entry.end - entry.start <= _MAX_VALUE and (tags is None or tag in tags)
    ]


def _directory(order: str, at: int, values: Sequence[Value]) -> bytes:
    """The directory of these entries for that offset, followed by their longer values."""
    parts, longer = [struct.pack(order + "H", len(values))], b""
    end = at + 2 + 12 * len(values) + 4
    for tag, kind, count, value in values:
        parts.append(struct.pack(order + "HHI", tag, kind, count))
        parts.append(value if len(value) == 4 else struct.pack(order + "I", end + len(longer)))
        longer += value if len(value) != 4 else b""
    return b"".join((*parts, bytes(4), longer))
