"""A PNG in bands of rows, each decoded behind the last row of the one before: filters refer to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from PIL import Image, ImageChops

from imagebus_imaging.colour import plain
from imagebus_imaging.decoders.pngrows import Header, rows, stored

_MODES = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}


def bands(data: bytes, header: Header, count: int, info: Mapping[Any, Any]) -> Iterator[Image.Image] | None:
    """`count` rows at a time, as 8-bit pixels; None for what has palettes, fewer bits or passes."""
    if header.depth < 8 or header.interlaced or header.colour not in _MODES:
        return None
    if header.place:
        return _placed(data, header, count, info)
    return _bands(data, header, _counts(header.height, count), info)


def _counts(height: int, count: int, first: int = 0) -> Iterator[int]:
    """How many rows each band has; the first may have others than `count`."""
    number = first or count
    while height > 0:
        yield min(number, height)
        height, number = height - number, count


def _placed(data: bytes, header: Header, count: int, info: Mapping[Any, Any]) -> Iterator[Image.Image]:
    """Bands of the canvas, transparent where the frame does not cover it."""
    left, upper = header.place or (0, 0)
    frame = _bands(data, header, _counts(header.height, count, count - upper % count), info)
    width, height = header.canvas
    for top in range(0, height, count):
        band = Image.new("RGBA", (width, min(count, height - top)))
        begin = max(upper, top)
        if begin < min(upper + header.height, top + count):
            band.paste(plain(next(frame)).convert("RGBA"), (left, begin - top))
        yield band


def _bands(
    data: bytes, header: Header, counts: Iterator[int], info: Mapping[Any, Any]
) -> Iterator[Image.Image]:
    [(_, size)] = header.passes()
    previous = bytes(size - 1)
    pieces = rows(data, header)
    left = b""
    for number in counts:
        parts = [left]
        missing = number * size - len(left)
        while missing > 0:
            piece = next(pieces)
            parts.append(piece)
            missing -= len(piece)
        filtered = b"".join(parts)
        left = filtered[number * size :]
        coded = b"".join(stored(iter((b"\0" + previous, filtered[: number * size]))))
        del parts, filtered
        band, previous = _decoded(coded, header, number, info.get("transparency"))
        band.info = {
            name: value for name, value in info.items() if name != "transparency" or header.depth == 8
        }
        yield band


def _decoded(coded: bytes, header: Header, number: int, key: object) -> tuple[Image.Image, bytes]:
    """The band, and the bytes of its last row."""
    mode, size = _MODES[header.colour], (header.width, number)
    if header.depth == 8:
        band = _unfiltered(coded, mode, mode, size)
        return band, _last_row(band)
    # Both bytes of each sample: one-channel samples as two channels, and so on, where there is such a mode.
    if header.colour == 0:
        both = _unfiltered(coded, "LA", "LA", size)
        high, low = both.split()
        return _keyed(high, low, (key,)) if isinstance(key, int) else high, _last_row(both)
    if header.colour == 4:
        both = _unfiltered(coded, "RGBA", "RGBA", size)
        high, _, alpha, _ = both.split()
        return Image.merge("LA", (high, alpha)), _last_row(both)
    high, low = (_unfiltered(coded, mode, f"{mode};16{order}", size) for order in "BL")
    last = bytearray(2 * size[0] * len(mode))
    last[::2], last[1::2] = _last_row(high), _last_row(low)
    return _keyed(high, low, key) if isinstance(key, tuple) else high, bytes(last)


def _unfiltered(coded: bytes, mode: str, rawmode: str, size: tuple[int, int]) -> Image.Image:
    """Decoded, without the row before the first."""
    width, number = size
    band = Image.new(mode, (width, number + 1))
    decoder = Image._getdecoder(mode, "zip", (rawmode,))
    decoder.setimage(band.im, (0, 0, *band.size))
    decoder.decode(coded)
    return band.crop((0, 1, width, number + 1))


def _last_row(band: Image.Image) -> bytes:
    return band.crop((0, band.height - 1, band.width, band.height)).tobytes()


def _keyed(high: Image.Image, low: Image.Image, key: Sequence[int]) -> Image.Image:
    """RGBA, transparent where both bytes of all samples are the key's."""
    return Image.merge("RGBA", (*high.convert("RGB").split(), unlike(high, low, key)))


def unlike(high: Image.Image, low: Image.Image, key: Sequence[int]) -> Image.Image:
    """255 where a pixel of 16-bit samples is not the key."""
    different = Image.new("L", high.size)
    for image, shift in ((high, 8), (low, 0)):
        for channel, sample in zip(image.split(), key, strict=True):
            table = [0 if value == sample >> shift & 255 else 255 for value in range(256)]
            different = ImageChops.lighter(different, channel.point(table))
    return different
