"""WebP: the RIFF container, its chunks and frames."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from imagebus_imaging.formats.base import (
    MAX_PARTS,
    Metadata,
    Structure,
    check_frames,
    corrupt,
    too_many_parts,
)
from imagebus_imaging.interface import Limits

_STILL = frozenset({b"VP8 ", b"VP8L"})
_SIZED = _STILL | {b"VP8X"}
_IS_ANIMATION, _HAS_ALPHA = 0x02, 0x10
# Writers that count the RIFF header, or forget a padding byte.
_SLACK = 8

# Measured. Pillow's animation canvas: two canvases, the frame handed over and the image: 16.4, lossless 18.5.
# Decoded with scaling: lossless needs its own whole image, 4.0; lossy a few rows, and with alpha its plane.
_CANVAS, _LOSSLESS, _WITH_ALPHA, _LOSSY = 19, 5, 3, 1


def detect(data: bytes) -> str | None:
    return "WEBP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def end_of_riff(data: bytes) -> int:
    """Where the chunks end. Raises `Rejected` if the header claims more than the file has."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) + _SLACK or end < 20:
        raise corrupt("the file is shorter than its header says")
    last = 20 + int.from_bytes(data[16:20], "little")
    return min(last if end < last <= end + _SLACK else end, len(data))


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, body, end) of each chunk. Raises `Rejected` for one that runs past the end."""
    at, stop = 12, end_of_riff(data)
    for _ in range(MAX_PARTS):
        if at + 8 > stop:
            return
        body = at + 8
        end = body + int.from_bytes(data[at + 4 : body], "little")
        if end > min(len(data), stop + _SLACK):
            raise corrupt(f"chunk at byte {at} runs past the end")
        yield data[at : at + 4], body, end
        at = end + (end - body & 1)
    raise too_many_parts(MAX_PARTS + 1)


def walk(data: bytes, limits: Limits) -> Structure:
    size: tuple[int, int] | None = None
    frames, stop = 0, end_of_riff(data)
    metadata = Metadata(limits)
    kinds: set[bytes] = set()
    flags = 0
    for kind, body, end in chunks(data):
        if not _is_pixels(kind, kinds, flags):
            metadata.add(body, end)
        if kind == b"VP8X" and not kinds and end > body:
            flags = data[body]
        kinds.add(kind)
        stop = max(stop, min(len(data), end + (end - body & 1)))
        if kind == b"ANMF":
            frames += 1
            check_frames(frames, size[0] * size[1] if size else 0, limits)
        elif kind in _SIZED:
            # The first of VP8X, VP8 and VP8L gives the canvas.
            size = size or size_of(data, kind, body, end)
    if size is None or not kinds & {b"VP8 ", b"VP8L", b"ANMF"}:
        raise corrupt("no image data")
    needed = _bytes_for_a_pixel(kinds) * size[0] * size[1]
    return Structure(*size, stop, max(1, frames), metadata=tuple(metadata.spans), decoder_bytes=needed)


def _is_pixels(kind: bytes, before: set[bytes], flags: int) -> bool:
    """The frames of an animation, or the first bitstream of a still and its alpha."""
    if flags & _IS_ANIMATION:
        return kind == b"ANMF"
    if before & _STILL or kind in before:
        return False
    return kind in _STILL or (kind == b"ALPH" and bool(flags & _HAS_ALPHA))


def _bytes_for_a_pixel(kinds: set[bytes]) -> int:
    # Checked here, so that it is not loaded for other formats.
    if b"ANMF" in kinds or import_module("imagebus_imaging.decoders.webp").libwebp() is None:
        return _CANVAS
    if b"VP8L" in kinds:
        return _LOSSLESS
    return _WITH_ALPHA if b"ALPH" in kinds else _LOSSY


def size_of(data: bytes, kind: bytes, body: int, end: int) -> tuple[int, int]:
    """Width and height in the header of the canvas or of a bitstream. Raises `Rejected`."""
    if kind == b"VP8X" and end - body >= 10:
        return (
            1 + int.from_bytes(data[body + 4 : body + 7], "little"),
            1 + int.from_bytes(data[body + 7 : body + 10], "little"),
        )
    if kind == b"VP8L" and end - body >= 5 and data[body] == 0x2F:
        bits = int.from_bytes(data[body + 1 : body + 5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and end - body >= 10 and data[body + 3 : body + 6] == b"\x9d\x01\x2a":
        width = int.from_bytes(data[body + 6 : body + 8], "little") & 0x3FFF
        height = int.from_bytes(data[body + 8 : body + 10], "little") & 0x3FFF
        if width and height:
            return width, height
    raise corrupt("the bitstream has no header")
