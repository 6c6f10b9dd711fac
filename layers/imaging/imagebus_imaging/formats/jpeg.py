"""JPEG: segments from SOI to EOI, scans counted, nothing decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from imagebus_imaging.formats.base import MAX_PARTS, Metadata, Structure, corrupt, too_many_parts
from imagebus_imaging.interface import Hdr, Limits, Rejected

APP, COM = range(0xE0, 0xF0), 0xFE
SOS, EOI = 0xDA, 0xD9
CUT, BROKEN = 0, 1
# What is not a segment has no length, and perhaps no marker.
_BEFORE_BODY = {EOI: 2, CUT: 0, BROKEN: 0}
EXIF, XMP, ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
# Inside a scan 0xFF is followed by 0x00 (stuffing), a restart marker or another 0xFF (fill); anything else
# ends it. Between segments decoders skip everything that is not a marker.
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# With restart markers, decoders search for the next one behind what is not a marker.
_AFTER_RESTARTS = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_VIDEO = re.compile(rb"(?:MotionPhoto|MicroVideo)(?:=[\"']|>)\s*[1-9]|Semantic(?:=[\"']|>)\s*MotionPhoto")
_GAIN_MAP = re.compile(rb"hdrgm:Version|HDRGainMap|hdr-gain-map/")
_ISO_GAIN_MAP = b"urn:iso:std:iso:ts:21496:-1\0"
_SOI, _DRI = 0xD8, 0xDD
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_DECODABLE = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xCA})
_BASELINE = frozenset({0xC0, 0xC1})


def detect(data: bytes) -> str | None:
    return "JPEG" if data[:3] == b"\xff\xd8\xff" else None


def segments(data: bytes, start: int = 0) -> Iterator[tuple[int, int, int]]:
    """(marker, body, end) of each segment of the JPEG at `start`. The last is EOI, CUT where the file was
    cut, or BROKEN where something begins that is not a segment, or not one of this image: a decoder gets no
    further, and shows what it has. Before the end of the first scan's header it raises `Rejected` for that.

    A scan's data is searched for its end only when the next segment is requested.
    """
    marker, at = 0, start + 2
    after_scan, framed, scanned = _AFTER_SCAN, False, False
    for _ in range(MAX_PARTS):
        match = (after_scan if marker == SOS else _MARKER).search(data, at)
        if match is None:
            yield CUT, len(data), len(data)
            return
        marker, at = data[match.end() - 1], match.end()
        if marker in _STANDALONE:
            continue
        if marker == EOI:
            yield marker, at, at
            return
        body = at + 2
        end = at + int.from_bytes(data[at:body], "big")
        fault = _fault(marker, at, end, framed=framed)
        if fault and not scanned:
            raise corrupt(fault)
        if fault:
            yield BROKEN, at - 2, at - 2
            return
        if end > len(data) or body > len(data):
            yield CUT, at - 2, at - 2
            return
        yield marker, body, end
        at = end
        framed, scanned = framed or marker in _FRAME_HEADERS, scanned or marker == SOS
        if marker == _DRI:
            after_scan = _AFTER_RESTARTS if any(data[body:end]) else _AFTER_SCAN
    raise too_many_parts(MAX_PARTS + 1)


def beginning(marker: int, body: int) -> int:
    """Where what `segments` yields begins: before its marker and length."""
    return body - _BEFORE_BODY.get(marker, 4)


def _fault(marker: int, at: int, end: int, *, framed: bool) -> str:
    """What is wrong with a segment whose length is at `at`, or nothing."""
    if marker == _SOI:
        return "a second start of image inside the first"
    if marker < 0xC0:
        return f"no segment begins with FF{marker:02X}"
    if framed and marker in _FRAME_HEADERS:
        return "more than one frame header"
    if end < at + 2:
        return f"segment FF{marker:02X} at byte {at - 2} has an impossible length"
    return "a scan header of the wrong length" if marker == SOS and end < at + 8 else ""


def walk(data: bytes, limits: Limits) -> Structure:
    """The one scan of an ordinary baseline image is not searched for its end: `end` is where its data begins,
    and `closed` finds the rest once a decoder has read it.
    """
    return walk_from(data, limits, to_sole_scan=True)


def closed(data: bytes, structure: Structure, read_to: int, limits: Limits) -> Structure:
    """The whole structure, if the decoder of its only scan found no end before `read_to`."""
    match = _AFTER_SCAN.search(data, max(structure.end, read_to - 1))
    if match is not None and data[match.end() - 1] == EOI:
        return replace(structure, end=match.end(), open_ended=False)
    return walk_from(data, limits)


def walk_from(data: bytes, limits: Limits, start: int = 0, *, to_sole_scan: bool = False) -> Structure:
    """The JPEG that begins at `start`, to its EOI."""
    found = _Found(limits, Metadata(limits))
    reached, marker, before = start + 2, 0, 0
    for marker, body, end in segments(data, start):
        begin = beginning(marker, body)
        if before != SOS and begin > reached:
            found.metadata.add(reached, begin)  # what decoders skip
        reached, before = end, marker
        if marker in APP or marker == COM:
            found.add_metadata(data, marker, body, end)
        elif marker in _FRAME_HEADERS:
            found.add_frame(data, marker, body, end)
        elif marker == SOS:
            found.add_scan(data[body])
            if to_sole_scan and end > body and 0 < found.components == data[body]:
                return found.structure(end, open_ended=True)
        elif end > body:
            found.metadata.add(body, end)  # tables, and what no decoder reads
    if not found.scans:
        raise corrupt("the file ends before the image data" if marker == CUT else "no image data")
    if marker == CUT and reached < len(data):
        found.metadata.add(reached, len(data))
    return found.structure(len(data) if marker == CUT else reached, truncated=marker in (CUT, BROKEN))


@dataclass(slots=True)
class _Found:
    limits: Limits
    metadata: Metadata
    width: int = 0
    height: int = 0
    decoder_bytes: int = 0
    scans: int = 0
    #: How many components the first scan has if the decoder needs no other; 0 if it always may.
    at_once: int = 0
    coefficients: int = 0
    declares_video: bool = False
    hdr: Hdr | None = None
    #: For a baseline frame; 0 for others, which may have any number of scans.
    components: int = 0

    def structure(self, end: int, *, open_ended: bool = False, truncated: bool = False) -> Structure:
        return Structure(
            self.width,
            self.height,
            end,
            metadata=tuple(self.metadata.spans),
            decoder_bytes=self.decoder_bytes,
            declares_video=self.declares_video,
            open_ended=open_ended,
            truncated=truncated,
            hdr=self.hdr,
        )

    def add_metadata(self, data: bytes, marker: int, body: int, end: int) -> None:
        self.metadata.add(body, end)
        # The main packet only: its extensions may be megabytes, and do not contain this.
        if marker == 0xE1 and data.startswith(XMP, body):
            self.declares_video |= _VIDEO.search(data, body, end) is not None
            if _GAIN_MAP.search(data, body, end):
                self.hdr = "gain-map"
        elif marker == 0xE2 and data.startswith(_ISO_GAIN_MAP, body):
            self.hdr = "gain-map"

    def add_frame(self, data: bytes, marker: int, body: int, end: int) -> None:
        if marker not in _DECODABLE:
            raise Rejected("unsupported_format", f"JPEG process SOF{marker - 0xC0} is not supported")
        if end - body < 6 or end - body != 6 + 3 * data[body + 5]:
            raise corrupt("frame header of the wrong length")
        if data[body] != 8:
            raise Rejected("unsupported_format", f"{data[body]}-bit JPEG is not supported")
        self.height = int.from_bytes(data[body + 1 : body + 3], "big")
        self.width = int.from_bytes(data[body + 3 : body + 5], "big")
        sampling = [(data[at + 1] >> 4, data[at + 1] & 15) for at in range(body + 6, end, 3)]
        if not self.width or not self.height or not sampling:
            raise corrupt("the frame header has no size")
        if not all(1 <= h <= 4 and 1 <= v <= 4 for h, v in sampling):
            raise corrupt("impossible sampling factors")
        self.components = len(sampling) if marker in _BASELINE else 0
        widest = max(h for h, _ in sampling) * max(v for _, v in sampling)
        self.coefficients = self.width * self.height * sum(h * v for h, v in sampling) // widest
        self.at_once = 0 if marker in _PROGRESSIVE else len(sampling)

    def add_scan(self, components: int) -> None:
        if not self.width:
            raise corrupt("a scan before the frame header")
        if not self.scans and components != self.at_once:
            # The decoder keeps every coefficient, two bytes each, until all scans are read.
            self.decoder_bytes = 2 * self.coefficients
        self.scans += 1
        if self.scans > self.limits.max_scans:
            raise Rejected("too_costly", "too many scans", self.limits.max_scans, self.scans)
        pixels = self.scans * self.width * self.height
        if self.scans > 1 and pixels > self.limits.max_scans_pixels:
            raise Rejected("too_costly", "too many scans of this size", self.limits.max_scans_pixels, pixels)
