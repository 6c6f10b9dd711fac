"""PNG: chunks from IHDR to IEND. A wrong checksum matters only in the chunks that pixels need."""

from __future__ import annotations

from collections.abc import Iterator

from imagebus_imaging.deflate import crc32
from imagebus_imaging.formats.base import (
    MAX_PARTS,
    Metadata,
    Structure,
    check_frames,
    corrupt,
    too_many_parts,
)
from imagebus_imaging.interface import Hdr, Limits

HDR: dict[int, Hdr] = {16: "pq", 18: "hlg"}
"""By the transfer function that cICP and nclx name."""
_HEADER = 16  # where the contents of IHDR begin
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_LARGEST_PALETTE = 3 * 256


def detect(data: bytes) -> str | None:
    return "PNG" if data[:8] == b"\x89PNG\r\n\x1a\n" else None


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, body, end) of each chunk, IEND last. Stops where the file is truncated, or after the
    pixels where no chunk begins.
    """
    at, has_pixels = 8, False
    for _ in range(MAX_PARTS):
        kind, body = data[at + 4 : at + 8], at + 8
        if has_pixels and not kind.isalpha():
            return
        end = body + int.from_bytes(data[at : at + 4], "big")
        if kind != b"IEND" and (len(kind) < 4 or end + 4 > len(data)):
            return
        yield kind, body, end
        if kind == b"IEND":
            return
        at, has_pixels = end + 4, has_pixels or kind == b"IDAT"
    raise too_many_parts(MAX_PARTS + 1)


def is_sound(data: bytes, body: int, end: int) -> bool:
    """Whether the chunk's checksum is right."""
    return bool(crc32(memoryview(data)[body - 4 : end]) == int.from_bytes(data[end : end + 4], "big"))


def walk(data: bytes, limits: Limits) -> Structure:
    width, height, colour_type = _header(data)
    frames, stop = 1, 8
    data_end, palette = 0, False
    metadata, hdr = Metadata(limits), None
    animated = False
    kind = b""
    for kind, body, end in chunks(data):
        if kind == b"IEND":
            stop = _end_of_image(data, body, end)
            break
        stop = end + 4
        _check_chunk(data, kind, body, end)
        if kind == b"IDAT":
            if data_end and data_end + 12 != body:
                raise corrupt("image data in two places")
            data_end = end
        elif kind == b"PLTE":
            palette = True
            if colour_type == 3 and ((end - body) % 3 or not 0 < end - body <= _LARGEST_PALETTE):
                raise corrupt("a palette of an impossible length")
        elif kind == b"acTL" and end - body == 8:
            frames = max(1, int.from_bytes(data[body : body + 4], "big"))
            check_frames(frames, width * height, limits)
            animated = animated or not data_end
        elif kind == b"cICP" and end - body == 4 and not data_end:
            hdr = HDR.get(data[body + 1])
        # Also tables and colours are searched: their chunks may have any size, or mean nothing here.
        if kind != b"IDAT" and body != _HEADER and not (animated and kind == b"fdAT"):
            metadata.add(body, end)
    truncated = kind != b"IEND"
    if not data_end:
        raise corrupt("the file ends before the image data" if truncated else "no image data")
    if colour_type == 3 and not palette:
        raise corrupt("no palette")
    if truncated and data[stop + 4 : stop + 8] == b"IDAT":
        raise corrupt("the file ends inside the image data")
    return Structure(
        width,
        height,
        stop,
        frames,
        metadata=tuple(metadata.spans),
        truncated=truncated,
        hdr=hdr,
    )


def _end_of_image(data: bytes, body: int, end: int) -> int:
    """Readers stop at this chunk's name: contents that it should not have are not of the image."""
    last = min(len(data), body + 4)
    return last if end == body and (last == len(data) or is_sound(data, body, end)) else body


def _check_chunk(data: bytes, kind: bytes, body: int, end: int) -> None:
    if not kind.isalpha():
        raise corrupt(f"no chunk at byte {body - 8}")
    if not kind[0] & 32 and not is_sound(data, body, end):
        raise corrupt(f"wrong checksum in chunk {kind.decode()} at byte {body - 8}")


def _header(data: bytes) -> tuple[int, int, int]:
    if data[8:16] != b"\0\0\0\rIHDR" or len(data) < 33:
        raise corrupt("no IHDR chunk")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    depth, colour_type, compression, filtering, interlace = data[24:29]
    if not 0 < width < 2**31 or not 0 < height < 2**31:
        raise corrupt("the header has no size")
    if depth not in _DEPTHS.get(colour_type, ()) or compression or filtering or interlace > 1:
        raise corrupt("the header names an impossible pixel format")
    return width, height, colour_type
