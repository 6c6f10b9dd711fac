"""Hostile PNGs."""

from __future__ import annotations

import struct
import zlib

from tests.hostile.base import PAYLOADS, Hostile, chunk, honest, png, zeros_deflated

_END = chunk(b"IEND", b"")
_ROWS = zlib.compress(bytes(33 * 32))
_DATA = chunk(b"IDAT", _ROWS)


def _before_data(*chunks: bytes) -> bytes:
    return png(32, 32, 8, 0, *chunks, _DATA, _END)


def _flipped(at: int) -> bytes:
    data = bytearray(honest("PNG"))
    data[at] ^= 0x10
    return bytes(data)


def _recompressed(change: bytes) -> bytes:
    """Valid checksums, invalid deflate stream."""
    broken = bytearray(zlib.compress(bytes(range(256)) * 5, 9))
    broken[20:24] = change
    return png(32, 32, 8, 0, chunk(b"IDAT", bytes(broken)), _END)


FILES: tuple[Hostile, ...] = (
    *(
        Hostile(
            f"appended-{name}.png",
            f"a PNG with {name} after its end",
            lambda payload=payload: honest("PNG") + payload,
            ("",) if name == "random" else ("trailing_data",),
        )
        for name, payload in PAYLOADS.items()
    ),
    Hostile(
        "bomb-400mp.png",
        "20,000 x 20,000 zeros in a few hundred kilobytes",
        lambda: png(20_000, 20_000, 8, 0, chunk(b"IDAT", zeros_deflated(20_000 * 20_001)), _END),
        ("too_many_pixels",),
    ),
    Hostile(
        "bomb-16-bit.png",
        "9,900 x 9,900, 16-bit RGBA: 784 MB of zeros, within the limit of pixels",
        lambda: png(9_900, 9_900, 16, 6, chunk(b"IDAT", zeros_deflated(9_900 * 79_201)), _END),
        ("", "too_costly"),
    ),
    Hostile(
        "more-than-promised.png",
        "a stream of 1 GB behind a header for 32 x 32: read no further than the header says",
        lambda: png(32, 32, 8, 0, chunk(b"IDAT", zeros_deflated(1 << 30)), _END),
        ("",),
    ),
    Hostile(
        "less-than-promised.png",
        "4,000 x 4,000 promised, 32 rows there",
        lambda: png(4_000, 4_000, 8, 0, _DATA, _END),
        ("corrupt",),
    ),
    Hostile(
        "claims-most.png",
        "2,147,483,647 pixels wide",
        lambda: png(2**31 - 1, 1, 8, 2, _DATA, _END),
        ("too_many_pixels",),
    ),
    Hostile("no-width.png", "width 0", lambda: png(0, 32, 8, 0, _DATA, _END), ("corrupt",)),
    Hostile("depth-3.png", "3 bits a pixel", lambda: png(32, 32, 3, 0, _DATA, _END), ("corrupt",)),
    Hostile("no-data.png", "no image data", lambda: png(32, 32, 8, 0, _END), ("corrupt",)),
    Hostile("no-end.png", "no IEND", lambda: png(32, 32, 8, 0, _DATA), ("",)),
    Hostile(
        "no-palette.png", "palette colours, no palette", lambda: png(32, 32, 8, 3, _DATA, _END), ("corrupt",)
    ),
    Hostile("half.png", "cut in half", lambda: honest("PNG")[: len(honest("PNG")) // 2], ("corrupt",)),
    Hostile("magic-only.png", "eight bytes", lambda: b"\x89PNG\r\n\x1a\n", ("corrupt",)),
    Hostile("bad-header-crc.png", "a wrong checksum in the header", lambda: _flipped(19), ("corrupt",)),
    Hostile("bad-data-crc.png", "a wrong checksum in the data", lambda: _flipped(2000), ("corrupt",)),
    Hostile("bad-deflate.png", "a broken stream", lambda: _recompressed(b"\xff\xff\xff\xff"), ("corrupt",)),
    Hostile(
        "chunk-length.png",
        "a chunk of 2 GB",
        lambda: png(32, 32, 8, 0, struct.pack(">I", 2**31) + b"tEXt" + b"x" * 99),
        ("corrupt",),
    ),
    Hostile(
        "data-in-two-places.png",
        "image data, text, image data",
        lambda: png(
            32, 32, 8, 0, chunk(b"IDAT", _ROWS[:9]), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", _ROWS[9:]), _END
        ),
        ("corrupt",),
    ),
    Hostile(
        "chunk-flood.png",
        "150,000 chunks",
        lambda: _before_data(chunk(b"tEXt", b"a\0") * 150_000),
        ("too_costly",),
    ),
    Hostile(
        "text-flood.png",
        "20 MB of text",
        lambda: _before_data(*[chunk(b"tEXt", b"a\0" + b"x" * 1_000_000)] * 20),
        ("too_costly",),
    ),
    Hostile(
        "text-bomb.png",
        "a zTXt chunk of 256 MB, which nothing reads",
        lambda: _before_data(chunk(b"zTXt", b"a\0\0" + zeros_deflated(1 << 28))),
        ("",),
    ),
    Hostile(
        "profile-bomb.png",
        "an iCCP chunk of 256 MB: no profile, and an image all the same",
        lambda: _before_data(chunk(b"iCCP", b"a\0\0" + zeros_deflated(1 << 28))),
        ("",),
    ),
    Hostile(
        "text-bomb-behind.png",
        "a zTXt chunk of 256 MB after the image data, which nothing reads",
        lambda: png(32, 32, 8, 0, _DATA, chunk(b"zTXt", b"a\0\0" + zeros_deflated(1 << 28)), _END),
        ("",),
    ),
    Hostile(
        "hdr-flood.png",
        "90,000 chunks that name a colour space",
        lambda: _before_data(chunk(b"cICP", b"\x09\x10\0\1") * 90_000),
        ("",),
    ),
    Hostile(
        "wild-colours.png",
        "a gamma of nearly nothing and primaries on one line",
        lambda: _before_data(
            chunk(b"gAMA", struct.pack(">I", 5001)), chunk(b"cHRM", struct.pack(">8I", *[30_000] * 8))
        ),
        ("",),
    ),
    Hostile(
        "frame-flood.png",
        "an animation of 4,000,000,000 frames",
        lambda: _before_data(chunk(b"acTL", struct.pack(">II", 4_000_000_000, 0))),
        ("too_many_frames",),
    ),
)
