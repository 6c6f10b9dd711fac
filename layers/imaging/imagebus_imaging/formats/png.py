"""PNG: chunks with their checksums from IHDR to IEND."""

from __future__ import annotations

from imagebus_imaging.deflate import crc32
from imagebus_imaging.formats.base import (
    MAX_PARTS,
    Structure,
    check_frames,
    check_metadata,
    corrupt,
    too_many_parts,
)
from imagebus_imaging.model import Limits

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_NOT_METADATA = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"acTL",
        b"fcTL",
        b"fdAT",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"bKGD",
    }
)


def detect(data: bytes) -> str | None:
    return "PNG" if data[:8] == b"\x89PNG\r\n\x1a\n" else None


def walk(data: bytes, limits: Limits) -> Structure:
    width, height, colour_type = _header(data)
    at, frames, metadata = 8, 1, 0
    data_end, palette = 0, False
    view = memoryview(data)
    for _ in range(MAX_PARTS):
        kind, body, end = _chunk(data, view, at)
        if kind == b"IDAT":
            if data_end and data_end + 12 != body:
                raise corrupt("image data in two places")
            data_end = end
        elif kind == b"IEND":
            break
        elif kind == b"PLTE":
            palette = True
        elif kind == b"acTL" and end - body == 8:
            frames = max(1, int.from_bytes(data[body : body + 4], "big"))
            check_frames(frames, width * height, limits)
        elif kind not in _NOT_METADATA:
            metadata += end - body
            check_metadata(metadata, limits)
        at = end + 4
    else:
        raise too_many_parts(MAX_PARTS + 1)
    if not data_end:
        raise corrupt("no image data")
    if colour_type == 3 and not palette:
        raise corrupt("no palette")
    return Structure(width, height, end + 4, frames)


def _header(data: bytes) -> tuple[int, int, int]:
    if data[8:16] != b"\0\0\0\rIHDR" or len(data) < 33:
        raise corrupt("no IHDR chunk")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    depth, colour_type, compression, filtering, interlace = data[24:29]
    if not 0 < width < 2**31 or not 0 < height < 2**31:
        raise corrupt("the header says no size")
    if depth not in _DEPTHS.get(colour_type, ()) or compression or filtering or interlace > 1:
        raise corrupt("the header says an impossible pixel format")
    return width, height, colour_type


def _chunk(data: bytes, view: memoryview, at: int) -> tuple[bytes, int, int]:
    kind, body = data[at + 4 : at + 8], at + 8
    end = body + int.from_bytes(data[at : at + 4], "big")
    if len(kind) < 4 or end + 4 > len(data):
        raise corrupt("the file ends before the end of image")
    if not kind.isalpha():
        raise corrupt(f"no chunk at byte {at}")
    if crc32(view[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
        raise corrupt(f"wrong checksum in chunk {kind.decode()} at byte {at}")
    return kind, body, end
