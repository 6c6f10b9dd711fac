"""JPEG pixels, decoded from only the segments that a decoder needs.

Pillow parses every segment, and fails on broken ones that no pixel depends on. Here it gets only the tables,
the frame header and the scans. Metadata is read leniently, and a truncated image is closed where it ends.
"""

from __future__ import annotations

from importlib import import_module
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.formats.jpeg import APP, BROKEN, COM, CUT, EXIF, ICC, SOS, XMP, beginning, segments

# What libjpeg reads of the JFIF and Adobe segments, which decide the colour space. It ignores shorter ones.
_COLOUR_SPACE = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12)}
_END = b"\xff\xd9"
# libjpeg scales by leaving out frequencies, block by block: what it leaves for the filter keeps that from
# being seen. For small images as sharp has it; large ones of few bytes have no detail of a single pixel.
_LEAST_RATIO = {8: 9.0, 4: 5.0, 2: 3.0}
_SOFT_PIXELS, _SOFT_BYTES = 8_000_000, 0.25
_LARGE_PIXELS, _LARGE_GAP = 16_000_000, 1.15


def open_bytes(data: bytes) -> Decoder:
    return StreamedJpeg(BytesIO(data))


class StreamedJpeg(Decoder, JpegImageFile):
    """A JPEG that is read in pieces, so that we know how much of the file is pixels."""

    def _open(self) -> None:
        data = self._data = self._bytes()
        header, found = _read_header(data)
        self._at = self._scan = found.pop("scan")
        self._components = found.pop("components")
        self._stop = len(data)
        self._header = header
        #: Where pieces end, besides those of a certain size.
        self._stops: list[int] = []
        self.fp = BytesIO(header)
        super()._open()
        self.info |= found
        if not data.endswith(_END):
            self._stop = self._end_of_pixels(data)

    def _end_of_pixels(self, data: bytes) -> int:
        """The end of what the decoder gets: it excludes trailing data and a truncated segment."""
        stop: int = import_module("imagebus_imaging.trailers").start_of_tail(data)
        if "progressive" in self.info and data.rfind(_END, self._at, stop) < 0:
            return next((body for marker, body, _ in segments(data[:stop]) if marker in (CUT, BROKEN)), stop)
        return stop

    def draft(
        self, mode: str | None, size: tuple[int, int] | None
    ) -> tuple[str, tuple[int, int, float, float]] | None:
        """Decodes at the smallest scale from which a filter can still make that size."""
        if not size or self.decoderconfig:
            return None
        ratio = min(self.width / size[0], self.height / size[1])
        pixels = self.width * self.height
        self.is_soft = pixels > _SOFT_PIXELS and len(self._data) < pixels * _SOFT_BYTES
        large = self.is_soft and pixels > _LARGE_PIXELS
        scale = next(
            (s for s, least in _LEAST_RATIO.items() if ratio >= (s * _LARGE_GAP if large else least)), 1
        )
        return super().draft(mode, (max(1, self.width // scale), max(1, self.height // scale)))

    def load(self) -> Any:
        """libjpeg accepts damaged data, but not a marker in it that has no meaning there. What was decoded
        before that is shown.
        """
        tile, header = self.tile, self._header
        try:
            return super().load()
        except OSError:
            if not tile or self._at == self._scan:
                raise
            if self._rows_come_at_once():
                return Image.Image.load(self)
        # Of several scans no row comes before the last. First it turns out which one the decoder refuses.
        self._stops = self._markers()
        self._stop = self._stops[-1]
        try:
            return self._load_again(tile, header)
        except OSError:
            self._stop = self.read_to
            if self._stop == self._scan:
                raise
        return self._load_again(tile, header)

    def _load_again(self, tile: list[Any], header: bytes) -> Any:
        self.tile, self.fp = tile, BytesIO(header)
        self._header, self._at, self.truncated = header, self._scan, False
        return super().load()

    def _rows_come_at_once(self) -> bool:
        """Whether the first scan has all components."""
        return "progressive" not in self.info and self._components == len(self.layer)

    def _markers(self) -> list[int]:
        """Where the segments after the first scan begin, and where the last ends."""
        found = [each for each in segments(self._data[: self._stop]) if each[1] > self._scan]
        return [*(beginning(marker, body) for marker, body, _ in found), found[-1][2]]

    def load_seek(self, pos: int) -> None:
        """Reads the pieces in order."""

    def load_read(self, read_bytes: int) -> bytes:
        if self._header:
            piece, self._header = self._header, b""
            return piece
        self.read_to = self._at
        stop = next((stop for stop in self._stops if stop > self._at), self._stop)
        piece = self._data[self._at : min(stop, self._stop, self._at + read_bytes)]
        self._at += len(piece)
        if not piece and not self.truncated:
            self.truncated = True
            return _END
        return piece


def _read_header(data: bytes) -> tuple[bytes, dict[Any, Any]]:
    """What a decoder needs before the first scan, the metadata (exif, xmp, icc_profile), and where the scan
    begins.
    """
    header = bytearray(data[:2])
    found: dict[Any, Any] = {}
    profile: dict[int, bytes] = {}
    end, components = 2, 0
    for marker, body, end in segments(data):
        if marker == CUT:
            break
        if marker == 0xE1 and data.startswith(EXIF, body):
            found["exif"] = found.get("exif", EXIF) + data[body + len(EXIF) : end]
        elif marker == 0xE1 and data.startswith(XMP, body):
            found["xmp"] = data[body + len(XMP) : end]
        elif marker == 0xE2 and data.startswith(ICC, body) and end - body > len(ICC) + 2:
            profile.setdefault(data[body + len(ICC)], data[body + len(ICC) + 2 : end])
        name, least = _COLOUR_SPACE.get(marker, (b"", 0))
        needed = marker in _COLOUR_SPACE or (marker not in APP and marker != COM)
        if needed and end - body >= least and data.startswith(name, body):
            header += b"\xff" + bytes([marker]) + data[body - 2 : end]
        if marker == SOS:
            components = data[body] if end > body else 0
            break
    if profile:
        found["icc_profile"] = b"".join(profile[number] for number in sorted(profile))
    return bytes(header), found | {"scan": end, "components": components}
