"""GIF: the blocks up to the trailer, each frame counted against the budget."""

from __future__ import annotations

from imagebus_imaging.formats.base import Metadata, Structure, check_frames, corrupt
from imagebus_imaging.interface import Limits, Rejected

_MAX_BLOCKS = 400_000  # of up to 255 bytes each


def detect(data: bytes) -> str | None:
    return "GIF" if data[:6] in (b"GIF87a", b"GIF89a") else None


def walk(data: bytes, limits: Limits) -> Structure:
    if len(data) < 14:
        raise corrupt("the file ends inside the header")
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    at = 13 + _colour_table(data[10])
    frames, blocks = 0, 0
    metadata = Metadata(limits)
    while True:
        kind = data[at : at + 1]
        if kind == b"\x3b":
            at += 1
            break
        if kind == b"\x2c":
            if at + 10 > len(data):
                raise corrupt("the file ends inside a frame header")
            x, y, w, h = (int.from_bytes(data[i : i + 2], "little") for i in range(at + 1, at + 9, 2))
            width, height = max(width, x + w), max(height, y + h)
            frames += 1
            check_frames(frames, width * height, limits)
            at, blocks = _sub_blocks(data, at + 11 + _colour_table(data[at + 9]), blocks)
        elif kind == b"\x21":
            start = at
            at, blocks = _sub_blocks(data, at + 2, blocks + 1)
            metadata.add(start, at)
        elif kind == b"\0" and data[at + 1 : at + 2] in (b"\x21", b"\x2c", b"\x3b"):
            at += 1  # an empty block between frames
        elif frames:
            break  # some writers omit the trailer: every frame is complete, and every viewer shows it
        else:
            raise corrupt(f"no block at byte {at}" if kind else "the file ends before its first frame")
    if not frames:
        raise corrupt("no image data")
    if not width or not height:
        raise corrupt("the header has no size")
    return Structure(width, height, at, frames, metadata=tuple(metadata.spans), decoder_bytes=width * height)


def _colour_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int, blocks: int) -> tuple[int, int]:
    size = len(data)
    while at < size:
        length = data[at]
        at += length + 1
        if blocks > _MAX_BLOCKS:
            raise Rejected("too_costly", "the file is cut into too many parts", _MAX_BLOCKS, blocks)
        if not length:
            return at, blocks
        blocks += 1
    raise corrupt("the file ends inside a block")
