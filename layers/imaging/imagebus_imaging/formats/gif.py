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
    frames, blocks, truncated = 0, 0, False
    metadata = Metadata(limits)
    while True:
        kind = data[at : at + 1]
        end: int | None = at + 1
        if kind == b"\x3b":
            at += 1
            break
        if kind == b"\x2c" and at + 10 > len(data):
            end = None
        elif kind == b"\x2c":
            x, y, w, h = (int.from_bytes(data[i : i + 2], "little") for i in range(at + 1, at + 9, 2))
            width, height = max(width, x + w), max(height, y + h)
            check_frames(frames + 1, width * height, limits)
            end, blocks = _sub_blocks(data, at + 11 + _colour_table(data[at + 9]), blocks)
            frames += end is not None
        elif kind == b"\x21":
            end, blocks = _sub_blocks(data, at + 2, blocks + 1)
            metadata.add(at, end or at)
        elif kind == b"\0" and data[at + 1 : at + 2] in (b"\x21", b"\x2c", b"\x3b"):
            pass  # an empty block between frames
        elif frames:
            break  # some writers omit the trailer: every frame is complete, and every viewer shows it
        else:
            raise corrupt(f"no block at byte {at}" if kind else "the file ends before its first frame")
        if end is None:
            truncated = True  # inside this block: the frames before it are shown
            break
        at = end
    if not frames:
        raise corrupt("the file ends inside its first frame" if truncated else "no image data")
    if not width or not height:
        raise corrupt("the header has no size")
    return Structure(
        width,
        height,
        at,
        frames,
        metadata=tuple(metadata.spans),
        decoder_bytes=width * height,
        truncated=truncated,
    )


def _colour_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, at: int, blocks: int) -> tuple[int | None, int]:
    """Where they end, None if the file does so before, and how many there were so far."""
    size = len(data)
    while at < size:
        length = data[at]
        at += length + 1
        if blocks > _MAX_BLOCKS:
            raise Rejected("too_costly", "the file is cut into too many parts", _MAX_BLOCKS, blocks)
        if not length:
            return at, blocks
        blocks += 1
    return None, blocks
