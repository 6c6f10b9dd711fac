"""JPEG XL: the size in a codestream's first bits, and the boxes around it."""

from __future__ import annotations

from imagebus_imaging.formats.base import Span, Structure, corrupt
from imagebus_imaging.formats.isobmff import boxes
from imagebus_imaging.interface import Limits, Rejected

_STREAM = b"\xff\x0a"
_CONTAINER = b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a"
_BOXES = frozenset((b"JXL ", b"xml ", *b"ftyp jxlc jxlp jxll jxli Exif jumb jbrd brob hrgm".split()))
_HEAD = 64  # more than the bits that are read
# Measured for a pixel: 6 lossy, 15 lossless.
_DECODER_BYTES = 16
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def detect(data: bytes) -> str | None:
    return "JXL" if data.startswith((_STREAM, _CONTAINER)) else None


def walk(data: bytes, limits: Limits) -> Structure:  # noqa: ARG001  a still has no frames to count
    """Raises `Rejected` for an animation, of which the decoder shows the wrong frame."""
    end, metadata, stream = len(data), [(0, len(data))], data[:_HEAD]
    if data.startswith(_CONTAINER):
        end, metadata, stream = _boxes(data)
    if not stream.startswith(_STREAM):
        raise corrupt("no codestream")
    width, height, animated = _header(stream)
    if animated:
        raise Rejected("unsupported_format", "an animated JPEG XL")
    # The end of a bare codestream is known to its decoder alone, so all of it is searched.
    return Structure(
        width, height, end, metadata=tuple(metadata), decoder_bytes=_DECODER_BYTES * width * height
    )


def _boxes(data: bytes) -> tuple[int, list[Span], bytes]:
    """(end of the last box, what is not the codestream, the first bytes of the codestream)."""
    end, metadata, stream = 0, list[Span](), b""
    try:
        for kind, body, following in boxes(data, 0, len(data)):
            if kind not in _BOXES:
                break
            if kind in (b"jxlc", b"jxlp"):
                start = body + 4 * (kind == b"jxlp")
                stream += data[start : min(following, start + _HEAD - len(stream))]
            else:
                metadata.append((body, following))
            end = following
    except Rejected as refusal:
        if refusal.code != "corrupt":
            raise  # what is not a box follows the image
    return end, metadata, stream


class _Bits:
    """The bits of a header, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise corrupt("the file ends inside its header")
        found = self._value & (1 << count) - 1
        self._value >>= count
        self._left -= count
        return found

    def side(self) -> int:
        return 1 + self.take((9, 13, 18, 30)[self.take(2)])

    def size(self) -> tuple[int, int]:
        small = self.take(1)
        height = 8 * (1 + self.take(5)) if small else self.side()
        ratio = self.take(3)
        if ratio:
            across, down = _RATIOS[ratio - 1]
            return height * across // down, height
        return (8 * (1 + self.take(5)) if small else self.side()), height


def _header(stream: bytes) -> tuple[int, int, bool]:
    """(width, height, whether it is an animation)."""
    bits = _Bits(stream[2:])
    width, height = bits.size()
    if not width:
        raise corrupt("the header has no size")
    animated = False
    if not bits.take(1) and bits.take(1):  # not all metadata is the default, and there is more of it
        bits.take(3)  # orientation, which the decoder applies
        if bits.take(1):
            bits.size()  # as it should be shown
        animated = bool(bits.take(1) or bits.take(1))  # a preview, which nobody writes, or an animation
    return width, height, animated
