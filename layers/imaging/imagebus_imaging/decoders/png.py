"""PNG pixels: inflated by ISA-L, then passed to Pillow's row filters.

Pillow's wheel uses the system's zlib, which spends most of a PNG's time inflating. Inflating with ISA-L and
giving Pillow the same rows as a stored (uncompressed) stream costs two memory copies and saves half of that
time. Pillow sees only the chunks that pixels need: broken metadata and text of any size never reach its
parser.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from imagebus_imaging.colour import plain
from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.decoders.pngbands import bands, unlike
from imagebus_imaging.decoders.pngrows import STEP, Header, check_rows, read_header, rows, stored
from imagebus_imaging.deflate import DeflateError, decompressobj
from imagebus_imaging.pngwriting import chunk

_MAX_PROFILE = 1 << 22
_PALETTE = 3


def open_bytes(data: bytes) -> Decoder:
    return StreamedPng(BytesIO(data))


class StreamedPng(Decoder, PngImageFile):
    """A PNG whose compressed stream comes from `rows`."""

    def _open(self) -> None:
        self._data = self._bytes()
        header = self._header = read_header(self._data)
        self.fp = BytesIO(_essential(header))
        super()._open()
        self._read(header)
        self._size = header.canvas
        if header.place:
            self._mode_of_frame, self._mode = self._mode, "RGBA"

    def _read(self, header: Header) -> None:
        """The valid information in the chunks before the pixels."""
        found = header.found
        key = _transparency(header)
        if self.mode == "L" and header.depth < 8 and key:
            # The pixels are scaled to 8 bits, and so is the key.
            self.info["transparency"] = int.from_bytes(key[:2], "big") * 255 // ((1 << header.depth) - 1)
        if b"eXIf" in found:
            self.info["exif"] = found[b"eXIf"]
        if len(found.get(b"cICP", b"")) == 4:
            self.info["cicp"] = (found[b"cICP"][0], found[b"cICP"][1])
        elif b"iCCP" in found:
            profile = _profile(found[b"iCCP"])
            if profile:
                self.info["icc_profile"] = profile
        elif b"sRGB" not in found and len(found.get(b"gAMA", b"")) == 4:
            self.info["gamma"] = int.from_bytes(found[b"gAMA"], "big") / 100_000
            if len(found.get(b"cHRM", b"")) == 32:
                values = struct.unpack(">8I", found[b"cHRM"])
                self.info["chromaticity"] = tuple(value / 100_000 for value in values)
        if len(found.get(b"pHYs", b"")) == 9 and found[b"pHYs"][8] == 1:
            self.info["dpi"] = tuple(value * 0.0254 for value in struct.unpack(">II", found[b"pHYs"][:8]))

    @property
    def is_grey(self) -> bool:
        return self._header.colour in (0, 4)

    def check(self) -> None:
        check_rows(self._data, self._header)

    def bands(self, rows: int) -> Iterator[Image.Image] | None:
        found = bands(self._data, self._header, rows, self.info)
        if found is not None:
            self.tile, self.fp = [], None
        return found

    def load_prepare(self) -> None:
        super().load_prepare()
        # One megabyte at a time instead of 64 KB: fewer iterations of Pillow's Python loop.
        self.decodermaxblock = STEP
        self._stream = stored(rows(self._data, self._header))

    def load_read(self, read_bytes: int) -> bytes:  # noqa: ARG002  pieces come as they are
        return next(self._stream, b"")

    def load_end(self) -> None:
        if self.png is not None:
            self.png.close()
            self.png = None

    def load(self) -> Any:
        if not self.tile:
            return super().load()
        wide_key = self._wide_key()
        mask = self._mask(wide_key) if wide_key else None
        header = self._header
        if header.place:
            self._size, self._mode = (header.width, header.height), self._mode_of_frame
        loaded = super().load()
        if mask is not None:
            del self.info["transparency"]
            self._become(Image.merge("RGBA", (*self.split(), mask)))
        if header.place:
            canvas, (left, upper) = Image.new("RGBA", header.canvas), header.place
            rows = max(1, STEP // header.width)  # converted at once, it would be a third image
            for top in range(0, header.height, rows):
                part = self.crop((0, top, header.width, min(header.height, top + rows)))
                canvas.paste(plain(part).convert("RGBA"), (left, upper + top))
            self.info.pop("transparency", None)
            self._become(canvas)
        return loaded

    def _become(self, image: Image.Image) -> None:
        self.im, self._mode, self._size, self.palette = image.im, image.mode, image.size, None

    def _wide_key(self) -> Sequence[int] | None:
        """The transparent colour of 16-bit RGB, which samples narrowed to 8 bits cannot be compared with."""
        key = self.info.get("transparency")
        return key if self._header.depth == 16 and isinstance(key, tuple) else None

    def _mask(self, key: Sequence[int]) -> Image.Image:
        """Both bytes of the samples are decoded, the low ones for this alone."""
        return unlike(_unfiltered(self, "RGB;16B"), _unfiltered(self, "RGB;16L"), key)


def _unfiltered(image: StreamedPng, rawmode: str) -> Image.Image:
    """The pixels as 8-bit RGB, of that byte of each sample which the raw mode names."""
    header = image._header
    decoder = Image._getdecoder("RGB", "zip", (rawmode,), (int(header.interlaced),))
    target = Image.new("RGB", (header.width, header.height))
    decoder.setimage(target.im, (0, 0, header.width, header.height))
    rest = b""
    for piece in stored(rows(image._data, header)):
        taken, _ = decoder.decode(rest + piece)
        if taken < 0:
            break
        rest = (rest + piece)[taken:]
    return target


def _essential(header: Header) -> bytes:
    """A PNG of only the chunks that decide pixels, without pixels."""
    size = struct.pack(
        ">IIBBBBB", header.width, header.height, header.depth, header.colour, 0, 0, int(header.interlaced)
    )
    parts = [(b"IHDR", size)]
    if header.colour == _PALETTE and b"PLTE" in header.found:
        parts.append((b"PLTE", header.found[b"PLTE"]))
    key = _transparency(header)
    if key:
        parts.append((b"tRNS", key))
    parts.append((b"IDAT", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _transparency(header: Header) -> bytes:
    """The tRNS chunk as libpng takes it: of a key the low bits, and none with more values than colours."""
    values = header.found.get(b"tRNS", b"")
    if header.colour == _PALETTE:
        colours = min(len(header.found.get(b"PLTE", b"")) // 3, 1 << header.depth)
        return values if len(values) <= colours else b""
    samples = {0: 1, 2: 3}.get(header.colour, 0)
    if not samples or len(values) < 2 * samples:
        return b""
    key = struct.unpack_from(f">{samples}H", values)
    return struct.pack(f">{samples}H", *(value & (1 << header.depth) - 1 for value in key))


def _profile(body: bytes) -> bytes | None:
    """The inflated profile of an iCCP chunk, or None if it is broken or too large for a profile."""
    name, _, rest = body.partition(b"\0")
    if not name or rest[:1] != b"\0":
        return None
    try:
        stream = decompressobj()
        profile = stream.decompress(rest[1:], _MAX_PROFILE)
    except DeflateError:
        return None
    return profile if stream.eof else None
