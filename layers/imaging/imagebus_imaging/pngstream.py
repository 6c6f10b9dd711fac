"""PNG pixels: inflated by ISA-L, handed to Pillow's row filters.

Pillow's wheel uses the system's zlib, which spends most of a PNG's time inflating. Inflating with ISA-L and
giving Pillow the same rows as a stored (uncompressed) stream costs two memory copies and saves half of that
time. What follows the image data (text, time stamps) is never parsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO

from PIL.PngImagePlugin import PngImageFile

from imagebus_imaging.deflate import DeflateError, adler32, decompressobj
from imagebus_imaging.model import Rejected

_STEP = 1 << 20
_BLOCK = 65_535
_LAST_FILTER = 4
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: x start, y start, x step, y step of each pass.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def passes(data: bytes) -> list[tuple[int, int]]:
    """(rows, bytes of a row with its filter byte) for each pass: one, or up to seven when interlaced."""
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    bits = data[24] * _SAMPLES[data[25]]
    if not data[28]:
        return [(height, 1 + (width * bits + 7) // 8)]
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _PASSES]
    return [(count, 1 + (columns * bits + 7) // 8) for columns, count in sizes if columns > 0 and count > 0]


def rows(data: bytes, spans: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    """The filtered rows in pieces of up to a megabyte, exactly what `passes` promises. Raises `Rejected`."""
    left = sum(count * size for count, size in passes(data))
    stream = decompressobj()
    view = memoryview(data)
    try:
        for start, end in spans:
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


def check_rows(data: bytes) -> None:
    """Inflates all of it and keeps nothing: finds what a full decode would find, in constant memory."""
    expected = iter(passes(data))
    size = at = left = 0
    for piece in rows(data, find(data, b"IDAT")):
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


def find(data: bytes, kind: bytes) -> Iterator[tuple[int, int]]:
    """Where the bodies of the chunks of that kind lie. Checksums are validation's business."""
    at = 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == kind:
            yield at + 8, min(end, len(data))
        at = end + 4


class StreamedPng(PngImageFile):
    """A PNG whose compressed stream comes from `rows`. Takes a BytesIO, of which it reads the buffer."""

    def load_prepare(self) -> None:
        super().load_prepare()
        # One megabyte at a time instead of 64 KB: fewer turns of Pillow's Python loop.
        self.decodermaxblock = _STEP
        self._stream = stored(rows(self._bytes(), find(self._bytes(), b"IDAT")))

    def _bytes(self) -> bytes:
        if not isinstance(self.fp, BytesIO):
            raise TypeError("not a PNG in memory")
        return self.fp.getvalue()

    def load_read(self, read_bytes: int) -> bytes:  # noqa: ARG002  pieces come as they are
        return next(self._stream, b"")

    def load_end(self) -> None:
        if self.png is not None:
            self.png.close()
            self.png = None


def stored(pieces: Iterable[bytes]) -> Iterator[bytes]:
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
