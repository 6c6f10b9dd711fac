"""PNG pixels: inflated by ISA-L, handed to Pillow's row filters.

Pillow's wheel uses the system's zlib, which spends most of a PNG's time inflating. Inflating with ISA-L and
giving Pillow the same rows as a stored (uncompressed) stream costs two memory copies and saves half of that
time. Of the chunks Pillow sees those alone that pixels need: broken metadata and text of any size never reach
its parser.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngImageFile

from imagebus_imaging.decoders.base import Decoder
from imagebus_imaging.deflate import DeflateError, adler32, decompressobj
from imagebus_imaging.formats.base import Span
from imagebus_imaging.formats.png import chunks, is_sound
from imagebus_imaging.model import Rejected
from imagebus_imaging.pngwriting import chunk

_STEP = 1 << 20
_BLOCK = 65_535
_LAST_FILTER = 4
_MAX_PROFILE = 1 << 22
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: x start, y start, x step, y step of each pass.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(slots=True)
class Header:
    """The frame that is shown first, where its data lies, and the chunks before it by type."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    spans: list[Span] = field(default_factory=list)
    found: dict[bytes, bytes] = field(default_factory=dict)
    #: Where the frame lies on the canvas, when it does not cover it.
    place: tuple[int, int] | None = None
    canvas: tuple[int, int] = (0, 0)

    def passes(self) -> list[tuple[int, int]]:
        """(rows, bytes of a row with its filter byte) for each pass: one, or up to seven when interlaced."""
        bits = self.depth * _SAMPLES[self.colour]
        if not self.interlaced:
            return [(self.height, 1 + (self.width * bits + 7) // 8)]
        sizes = [(-(-(self.width - x) // dx), -(-(self.height - y) // dy)) for x, y, dx, dy in _PASSES]
        return [
            (count, 1 + (columns * bits + 7) // 8) for columns, count in sizes if columns > 0 and count > 0
        ]


def read_header(data: bytes) -> Header:
    """Raises ValueError for a file without an IHDR chunk."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise ValueError("no IHDR chunk")
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", data, 16)
    header = Header(width, height, depth, colour, bool(interlace), canvas=(width, height))
    animated = controlled = False
    frame: tuple[int, ...] = ()
    frames: list[Span] = []
    for kind, body, end in chunks(data):
        if kind == b"IDAT":
            header.spans.append((body, end))
        elif kind == b"acTL":
            animated = end - body == 8 and not header.spans
        elif kind == b"fcTL" and end - body == 26:
            if frames:
                break
            controlled = controlled or not header.spans
            frame = struct.unpack_from(">IIII", data, body + 4)
        elif kind == b"fdAT" and frame and not controlled and end - body > 4:
            frames.append((body + 4, end))
        elif not header.spans and kind in _READ and kind not in header.found and is_sound(data, body, end):
            header.found[kind] = data[body:end]
        if kind != b"IDAT" and header.spans and (controlled or not animated):
            break
    if frames and frame[0] and frame[1] and frame[0] + frame[2] <= width and frame[1] + frame[3] <= height:
        # The image data is no frame of the animation: browsers show the first frame instead.
        header.spans, (header.width, header.height) = frames, frame[:2]
        header.place = (frame[2], frame[3]) if frame[:2] != (width, height) else None
    return header


_READ = frozenset(b"PLTE tRNS iCCP cICP sRGB gAMA cHRM eXIf pHYs".split())


def rows(data: bytes, header: Header) -> Iterator[bytes]:
    """The filtered rows in pieces of up to a megabyte, exactly what `passes` promises. Raises `Rejected`."""
    left = sum(count * size for count, size in header.passes())
    # Without the checksum at the end, as other readers: the chunks have their own.
    stream = decompressobj(wbits=-15)
    view = memoryview(data)
    try:
        for start, end in _without_zlib_header(data, header.spans):
            for at in range(start, end, _STEP):
                pending: bytes | memoryview = view[at : min(end, at + _STEP)]
                while left and len(pending):
                    piece = stream.decompress(pending, min(left, _STEP))
                    left -= len(piece)
                    if piece:
                        yield piece
                    pending = stream.unconsumed_tail
                    if stream.eof:
                        break
        while left and not stream.eof:
            piece = stream.decompress(stream.unconsumed_tail, min(left, _STEP))
            if not piece:
                break
            left -= len(piece)
            yield piece
    except DeflateError as error:
        raise Rejected("corrupt", f"broken image data: {error}") from None
    if left:
        raise Rejected("corrupt", f"the image data is {left} bytes short")


def _without_zlib_header(data: bytes, spans: Iterable[Span]) -> Iterator[Span]:
    head = b""
    for start, end in spans:
        first = min(end, start + 2 - len(head))
        head += data[start:first]
        if len(head) == 2 and (head[0] & 15 != 8 or head[1] & 32 or int.from_bytes(head, "big") % 31):
            raise Rejected("corrupt", "broken image data: no zlib stream")
        yield first, end


def check_rows(data: bytes, header: Header) -> None:
    """Inflates all of it and keeps nothing: finds what a full decode would find, in constant memory."""
    expected = iter(header.passes())
    size = at = left = 0
    for piece in rows(data, header):
        # `at` is where in this piece the next row begins.
        while at < len(piece):
            if not left:
                left, size = next(expected)
            begun = min(left, -(-(len(piece) - at) // size))
            if max(piece[at : at + begun * size : size]) > _LAST_FILTER:
                raise Rejected("corrupt", "a row with a filter that does not exist")
            left -= begun
            at += begun * size
        at -= len(piece)


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
        """What the chunks before the pixels say, and are sound enough to say."""
        found = header.found
        key = found.get(b"tRNS", b"")
        if self.mode == "L" and header.depth < 8 and len(key) >= 2:
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

    def check(self) -> None:
        check_rows(self._data, self._header)

    def bands(self, rows: int) -> Iterator[Image.Image] | None:
        header = self._header
        if (
            header.depth != 8
            or header.interlaced
            or header.place
            or self.mode not in ("L", "LA", "RGB", "RGBA")
        ):
            return None
        self.tile, self.fp = [], None
        return _bands(self._data, header, self.mode, rows, self.info)

    def load_prepare(self) -> None:
        super().load_prepare()
        # One megabyte at a time instead of 64 KB: fewer turns of Pillow's Python loop.
        self.decodermaxblock = _STEP
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
            canvas = Image.new("RGBA", header.canvas)
            canvas.paste(self.convert("RGBA"), header.place)
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
        """255 where a pixel is not the key: both bytes of its samples are decoded, the low ones for this
        alone.
        """
        different = None
        for rawmode, shift in (("RGB;16B", 8), ("RGB;16L", 0)):
            for channel, sample in zip(_unfiltered(self, rawmode).split(), key, strict=True):
                table = [0 if value == sample >> shift & 255 else 255 for value in range(256)]
                found = channel.point(table)
                different = found if different is None else ImageChops.lighter(different, found)
        if different is None:
            raise ValueError("no samples")
        return different


def _bands(data: bytes, header: Header, mode: str, count: int, info: dict[Any, Any]) -> Iterator[Image.Image]:
    """Each band is decoded behind the last row of the one before, which its filters refer to."""
    [(height, size)] = header.passes()
    previous = bytes(size - 1)
    pieces = rows(data, header)
    left = b""
    for top in range(0, height, count):
        number = min(count, height - top)
        parts = [left]
        missing = number * size - len(left)
        while missing > 0:
            piece = next(pieces)
            parts.append(piece)
            missing -= len(piece)
        filtered = b"".join(parts)
        left = filtered[number * size :]
        band = Image.new(mode, (header.width, number + 1))
        decoder = Image._getdecoder(mode, "zip", (mode,))
        decoder.setimage(band.im, (0, 0, *band.size))
        decoder.decode(b"".join(stored(iter((b"\0" + previous, filtered[: number * size])))))
        previous = band.crop((0, number, header.width, number + 1)).tobytes()
        band = band.crop((0, 1, header.width, number + 1))
        band.info = dict(info)
        yield band


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
    """A PNG of the chunks that decide pixels, and without any."""
    size = struct.pack(
        ">IIBBBBB", header.width, header.height, header.depth, header.colour, 0, 0, int(header.interlaced)
    )
    parts = [(b"IHDR", size)]
    key = header.found.get(b"tRNS", b"")
    if b"PLTE" in header.found:
        parts.append((b"PLTE", header.found[b"PLTE"]))
    if len(key) >= {0: 2, 2: 6, 3: 1}.get(header.colour, 1 << 31):
        parts.append((b"tRNS", key))
    parts.append((b"IDAT", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _profile(body: bytes) -> bytes | None:
    """The inflated profile of an iCCP chunk, None for one that is broken or larger than a profile is."""
    name, _, rest = body.partition(b"\0")
    if not name or rest[:1] != b"\0":
        return None
    try:
        stream = decompressobj()
        profile = stream.decompress(rest[1:], _MAX_PROFILE)
    except DeflateError:
        return None
    return profile if stream.eof else None


def stored(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces as one zlib stream without compression."""
    checksum = 1
    head = b"\x78\x01"
    for piece in pieces:
        checksum = adler32(piece, checksum)
        view = memoryview(piece)
        parts: list[bytes | memoryview] = [head]
        for at in range(0, len(piece), _BLOCK):
            block = view[at : at + _BLOCK]
            size = len(block)
            parts.append(b"\0" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little"))
            parts.append(block)
        yield b"".join(parts)
        head = b""
    yield b"\x01\0\0\xff\xff" + checksum.to_bytes(4, "big")
