"""The compressed rows of a PNG: which chunks hold them, and how they are inflated."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from imagebus_imaging.deflate import DeflateError, adler32, decompressobj
from imagebus_imaging.formats.base import Span
from imagebus_imaging.formats.png import chunks, is_sound
from imagebus_imaging.interface import Rejected

STEP = 1 << 20
_BLOCK = 65_535
_LAST_FILTER = 4
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: x start, y start, x step, y step of each pass.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(slots=True)
class Header:
    """The frame that is shown first, the location of its data, and the chunks before it by type."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool
    spans: list[Span] = field(default_factory=list)
    found: dict[bytes, bytes] = field(default_factory=dict)
    #: The frame's position on the canvas, if it does not cover it.
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
        # The image data is not a frame of the animation: browsers show the first frame instead.
        header.spans, (header.width, header.height) = frames, frame[:2]
        header.place = (frame[2], frame[3]) if frame[:2] != (width, height) else None
    return header


_READ = frozenset(b"PLTE tRNS iCCP cICP sRGB gAMA cHRM eXIf pHYs".split())


def rows(data: bytes, header: Header) -> Iterator[bytes]:
    """The filtered rows in pieces of up to a megabyte, exactly what `passes` promises. Raises `Rejected`."""
    left = sum(count * size for count, size in header.passes())
    # Ignore the checksum at the end, as other readers do: the chunks have their own.
    stream = decompressobj(wbits=-15)
    view = memoryview(data)
    try:
        for start, end in _without_zlib_header(data, header.spans):
            for at in range(start, end, STEP):
                pending: bytes | memoryview = view[at : min(end, at + STEP)]
                while left and len(pending):
                    piece = stream.decompress(pending, min(left, STEP))
                    left -= len(piece)
                    if piece:
                        yield piece
                    pending = stream.unconsumed_tail
                    if stream.eof:
                        break
        while left and not stream.eof:
            piece = stream.decompress(stream.unconsumed_tail, min(left, STEP))
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
            raise Rejected("corrupt", "broken image data: not a zlib stream")
        yield first, end


def check_rows(data: bytes, header: Header) -> None:
    """Inflates everything and keeps nothing: finds what a full decode would find, in constant memory."""
    expected = iter(header.passes())
    size = at = left = 0
    for piece in rows(data, header):
        # `at` is the offset of the next row in this piece.
        while at < len(piece):
            if not left:
                left, size = next(expected)
            begun = min(left, -(-(len(piece) - at) // size))
            if max(piece[at : at + begun * size : size]) > _LAST_FILTER:
                raise Rejected("corrupt", "a row with a filter that does not exist")
            left -= begun
            at += begun * size
        at -= len(piece)


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
