"""JPEG: markers from SOI to EOI, scans counted, nothing decoded."""

from __future__ import annotations

import re
from dataclasses import dataclass

from PIL import Image, ImageFile

from imagebus_imaging.formats.base import (
    MAX_PARTS,
    Structure,
    check_metadata,
    corrupt,
    too_many_parts,
)
from imagebus_imaging.model import Limits, Rejected

# Inside a scan 0xFF is followed by 0x00 (stuffing), a restart marker or another 0xFF (fill); anything else
# ends it.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_VIDEO = (b"MotionPhoto", b"MicroVideo", b"Container:Directory")
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP = range(0xE0, 0xF0)
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WHOLE_IMAGE_IN_MEMORY = frozenset({0xC2, 0xCA})
_BASELINE = frozenset({0xC0, 0xC1})
_PIECE = 1 << 16


@dataclass(slots=True)
class _Found:
    width: int = 0
    height: int = 0
    decoder_bytes: int = 0
    scans: int = 0
    metadata: int = 0
    declares_video: bool = False
    #: Of a baseline frame; 0 for all others, which may have any number of scans.
    components: int = 0


def detect(data: bytes) -> str | None:
    return "JPEG" if data[:3] == b"\xff\xd8\xff" else None


def walk(data: bytes, limits: Limits) -> Structure:
    """The one scan of an ordinary baseline image is not searched for its end: `end` is where its data begins,
    and `end_of_image` finds the rest once `decode` has read it.
    """
    return walk_from(data, limits, 0, to_sole_scan=True)


def walk_from(data: bytes, limits: Limits, start: int = 0, *, to_sole_scan: bool = False) -> Structure:
    """The JPEG that begins at `start`, to its EOI."""
    found = _Found()
    at = start + 2
    for _ in range(MAX_PARTS):
        marker, at = _marker(data, at)
        if marker == _EOI:
            break
        if marker in _STANDALONE:
            continue
        if marker == _SOI:
            raise corrupt("a second start of image inside the first")
        body = at + 2
        end = at + int.from_bytes(data[at:body], "big")
        if end < body or end > len(data):
            raise corrupt(f"segment FF{marker:02X} at byte {at - 2} runs past the end")
        if to_sole_scan and marker == _SOS and end > body and 0 < found.components == data[body]:
            return _structure(found, end, open_ended=True)
        at = _segment(data, marker, body, end, found, limits)
    else:
        raise too_many_parts(MAX_PARTS + 1)
    if not found.scans:
        raise corrupt("no image data before the end of image")
    return _structure(found, at)


def decode(image: ImageFile.ImageFile, data: bytes) -> int:
    """Decodes as `image.load()` would, in pieces, and returns a position at or before the end of image.

    The decoder took everything before that position for pixels, with no end of image among it: libjpeg asks
    for nothing more once it has seen one. Raises OSError for data that is broken or cut off.
    """
    image.load_prepare()
    [(codec, extents, _, args)] = image.tile
    decoder = Image._getdecoder(image.mode, codec, args, image.decoderconfig)
    at = end = taken = error = 0
    try:
        decoder.setimage(image.im, extents)
        while taken >= 0:
            if end == len(data):
                raise OSError("the file ends before the end of image")
            at, end = at + taken, min(len(data), end + _PIECE)
            taken, error = decoder.decode(data[at:end])
    finally:
        decoder.cleanup()
    if error < 0:
        raise OSError("broken image data")
    return at


def end_of_image(data: bytes, limits: Limits, read_to: int) -> int:
    """Where the image ends, when the decoder of its only scan has read up to `read_to` without an end."""
    match = _NEXT_MARKER.search(data, read_to)
    if match is not None and data[match.end() - 1] == _EOI:
        return match.end()
    return walk_from(data, limits).end


def _structure(found: _Found, end: int, *, open_ended: bool = False) -> Structure:
    return Structure(
        found.width,
        found.height,
        end,
        decoder_bytes=found.decoder_bytes,
        declares_video=found.declares_video,
        open_ended=open_ended,
    )


def _marker(data: bytes, at: int) -> tuple[int, int]:
    # Stray zero bytes and runs of 0xFF between segments are tolerated, as decoders do.
    size = len(data)
    while at < size and data[at] == 0:
        at += 1
    if at >= size or data[at] != 0xFF:
        raise corrupt(f"no marker at byte {at}" if at < size else "the file ends before the end of image")
    while at < size and data[at] == 0xFF:
        at += 1
    if at >= size:
        raise corrupt("the file ends before the end of image")
    return data[at], at + 1


def _segment(data: bytes, marker: int, body: int, end: int, found: _Found, limits: Limits) -> int:
    if marker in _APP or marker == _COM:
        found.metadata += end - body
        check_metadata(found.metadata, limits)
        # The main packet only: its extensions may be megabytes, and say nothing of this.
        if marker == 0xE1 and not found.declares_video and data.startswith(_XMP, body):
            found.declares_video = any(data.find(word, body, end) >= 0 for word in _VIDEO)
    elif marker in _FRAME_HEADERS:
        _frame_header(data, marker, body, end, found)
    elif marker == _SOS:
        return _scan(data, end, found, limits)
    return end


def _frame_header(data: bytes, marker: int, body: int, end: int, found: _Found) -> None:
    if marker not in _DECODABLE:
        raise Rejected("unsupported_format", f"JPEG process SOF{marker - 0xC0} is not supported")
    if found.width:
        raise corrupt("more than one frame header")
    if end - body < 6 or end - body != 6 + 3 * data[body + 5]:
        raise corrupt("frame header of the wrong length")
    if data[body] != 8:
        raise Rejected("unsupported_format", f"{data[body]}-bit JPEG is not supported")
    found.height = int.from_bytes(data[body + 1 : body + 3], "big")
    found.width = int.from_bytes(data[body + 3 : body + 5], "big")
    sampling = [(data[at + 1] >> 4, data[at + 1] & 15) for at in range(body + 6, end, 3)]
    if not found.width or not found.height or not sampling:
        raise corrupt("the frame header says no size")
    if not all(1 <= h <= 4 and 1 <= v <= 4 for h, v in sampling):
        raise corrupt("impossible sampling factors")
    found.components = len(sampling) if marker in _BASELINE else 0
    if marker in _WHOLE_IMAGE_IN_MEMORY:
        # A progressive decoder keeps every coefficient, two bytes each.
        widest = max(h for h, _ in sampling) * max(v for _, v in sampling)
        found.decoder_bytes = 2 * found.width * found.height * sum(h * v for h, v in sampling) // widest


def _scan(data: bytes, end: int, found: _Found, limits: Limits) -> int:
    if not found.width:
        raise corrupt("a scan before the frame header")
    found.scans += 1
    if found.scans > limits.max_scans:
        raise Rejected("too_costly", "too many scans", limits.max_scans, found.scans)
    match = _NEXT_MARKER.search(data, end)
    if match is None:
        raise corrupt("the file ends before the end of image")
    return match.start()
