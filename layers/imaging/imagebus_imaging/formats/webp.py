"""WebP: the RIFF container, its chunks and frames."""

from __future__ import annotations

from importlib import import_module

from imagebus_imaging.formats.base import (
    MAX_PARTS,
    Structure,
    check_frames,
    check_metadata,
    corrupt,
    too_many_parts,
)
from imagebus_imaging.model import Limits

_PIXELS = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH"})

# Measured. Pillow's animation canvas: two canvases, the frame handed over and the image: 16.4, lossless 18.5.
# Decoded with scaling: lossless needs its own whole image, 4.0; lossy a few rows, and with alpha its plane.
_CANVAS, _LOSSLESS, _WITH_ALPHA, _LOSSY = 19, 5, 3, 1


def detect(data: bytes) -> str | None:
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def walk(data: bytes, limits: Limits) -> Structure:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) or end < 20:
        raise corrupt("the file is shorter or longer than its header says")
    size: tuple[int, int] | None = None
    at, frames, metadata = 12, 0, 0
    kinds: set[bytes] = set()
    for _ in range(MAX_PARTS):
        if at >= end:
            break
        kind, body = data[at : at + 4], at + 8
        length = int.from_bytes(data[at + 4 : body], "little")
        if body + length > end:
            raise corrupt(f"chunk at byte {at} runs past the end")
        kinds.add(kind)
        if kind not in _PIXELS:
            metadata += length
            check_metadata(metadata, limits)
        elif kind == b"ANMF":
            frames += 1
            check_frames(frames, size[0] * size[1] if size else 0, limits)
        elif kind not in {b"ANIM", b"ALPH"}:
            # The first of VP8X, VP8 and VP8L says the canvas.
            size = size or _size(data, kind, body, length)
        at = body + length + (length & 1)
    else:
        raise too_many_parts(MAX_PARTS + 1)
    if size is None or not kinds & {b"VP8 ", b"VP8L", b"ANMF"}:
        raise corrupt("no image data")
    needed = _bytes_for_a_pixel(kinds) * size[0] * size[1]
    return Structure(*size, max(end, min(at, len(data))), max(1, frames), decoder_bytes=needed)


def _bytes_for_a_pixel(kinds: set[bytes]) -> int:
    # Asked here, so that nothing of it is loaded for other formats.
    if b"ANMF" in kinds or import_module("imagebus_imaging.webpstream").libwebp() is None:
        return _CANVAS
    if b"VP8L" in kinds:
        return _LOSSLESS
    return _WITH_ALPHA if b"ALPH" in kinds else _LOSSY


def _size(data: bytes, kind: bytes, body: int, length: int) -> tuple[int, int]:
    if kind == b"VP8X" and length >= 10:
        return (
            1 + int.from_bytes(data[body + 4 : body + 7], "little"),
            1 + int.from_bytes(data[body + 7 : body + 10], "little"),
        )
    if kind == b"VP8L" and length >= 5 and data[body] == 0x2F:
        bits = int.from_bytes(data[body + 1 : body + 5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and length >= 10 and data[body + 3 : body + 6] == b"\x9d\x01\x2a":
        width = int.from_bytes(data[body + 6 : body + 8], "little") & 0x3FFF
        height = int.from_bytes(data[body + 8 : body + 10], "little") & 0x3FFF
        if width and height:
            return width, height
    raise corrupt("the bitstream has no header")
