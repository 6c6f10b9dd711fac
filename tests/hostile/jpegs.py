"""Hostile JPEGs."""

from __future__ import annotations

import struct

from PIL import Image

from tests.hostile.base import (
    PAYLOADS,
    Hostile,
    after_soi,
    archive,
    encoded,
    honest,
    picture,
    segment,
    zip64,
)

_SOS = b"\xff\xda"


def _claims(width: int, height: int, process: int = 0xC0, precision: int = 8) -> bytes:
    """The valid JPEG with another frame header."""
    jpeg = honest("JPEG")
    at = jpeg.index(b"\xff\xc0")
    header = struct.pack(">BBHBHH", 0xFF, process, 17, precision, height, width)
    return jpeg[:at] + header + jpeg[at + 9 :]


def _short_claim() -> bytes:
    """A frame header for 24 MP, tables, one empty scan: a few hundred bytes."""
    jpeg = _claims(6000, 4000)
    scan = jpeg.index(_SOS)
    return jpeg[: scan + 14] + b"\xff\xd9"


def _many_scans(width: int, height: int, scans: int) -> bytes:
    """A progressive JPEG that repeats its last scan many times."""
    jpeg = encoded(picture(width, height), "JPEG", progressive=True, quality=5)
    last = jpeg.rindex(_SOS)
    repeated = jpeg[last:-2]
    return jpeg[:last] + repeated * scans + b"\xff\xd9"


def _costly_progressive() -> bytes:
    """Within every structural limit, but slow: 96 MP, 90 scans."""
    jpeg = encoded(Image.new("RGB", (12_000, 8_000), "teal"), "JPEG", progressive=True)
    last = jpeg.rindex(_SOS)
    return jpeg[:last] + jpeg[last:-2] * 80 + b"\xff\xd9"


def _without(marker: int) -> bytes:
    jpeg = honest("JPEG")
    while (at := jpeg.find(bytes((0xFF, marker)))) >= 0 and at < jpeg.index(_SOS):
        jpeg = jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]
    return jpeg


def _broken_huffman() -> bytes:
    jpeg = honest("JPEG")
    at = jpeg.index(b"\xff\xc4") + 5
    return jpeg[:at] + b"\xff" * 16 + jpeg[at + 16 :]


def _looping_exif() -> bytes:
    # An IFD whose "next" pointer and Exif pointer are itself.
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8)
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 8)
    return after_soi(honest("JPEG"), segment(0xE1, b"Exif\0\0" + tiff))


def _zip_in_comment() -> bytes:
    """An archive inside the comment, whose end record claims the rest of the image as its own comment."""
    jpeg, zipped = honest("JPEG"), archive()
    return after_soi(jpeg, segment(0xFE, zipped[:-2] + struct.pack("<H", len(jpeg) - 2)))


def _damaged_zip() -> bytes:
    """An archive with a wrong end record behind a gap: tolerant readers look for its entries."""
    zipped = archive()
    end = zipped.rindex(b"PK\x05\x06")
    return zipped[:end] + bytes(900) + zipped[end : end + 8] + b"\xff" * 12 + zipped[end + 20 :]


def _program_in_records() -> bytes:
    """Samsung's records, sound to the last byte, and one of them is a program."""
    record = struct.pack("<HHI", 0, 0x0A01, 4) + b"name" + PAYLOADS["pe"]
    directory = (
        b"SEFH" + struct.pack("<II", 107, 1) + struct.pack("<HHII", 0, 0x0A01, len(record), len(record))
    )
    return honest("JPEG") + record + directory + struct.pack("<I", len(directory)) + b"SEFT"


def _gain_map_flood() -> bytes:
    metadata = segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + b"\xff" * 60_000)
    return after_soi(honest("JPEG", 64, 48), metadata) * 200


_ARCHIVES = {
    "damaged-zip": _damaged_zip(),
    "zip64": zip64(),
    "rar": b"Rar!\x1a\x07\x01\0" + bytes(64),
    "7z": b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(64),
    "buried-rar": bytes(range(1, 200)) * 300 + b"Rar!\x1a\x07\0" + bytes(64),
}

FILES: tuple[Hostile, ...] = (
    *(
        Hostile(
            f"{name}.jpg",
            f"a JPEG with a {name} after its end",
            lambda payload=payload: honest("JPEG") + payload,
            ("trailing_data",),
        )
        for name, payload in _ARCHIVES.items()
    ),
    Hostile(
        "program-in-records.jpg", "a program in Samsung's records", _program_in_records, ("trailing_data",)
    ),
    Hostile(
        "program-flood.jpg",
        "four million beginnings of programs after the image, each to be looked at",
        lambda: honest("JPEG") + b"?" + b"MZ" * 4_000_000,
        ("trailing_data",),
    ),
    Hostile("gain-map-flood.jpg", "200 gain maps with 60 KB of metadata each", _gain_map_flood, ("",)),
    Hostile(
        "end-flood.jpg",
        "two million ends of image",
        lambda: honest("JPEG") + b"\xff\xd9" * 2_000_000,
        ("",),
    ),
    Hostile(
        "record-flood.jpg",
        "a hundred thousand ends of trailers, each of which begins before the others",
        lambda: honest("JPEG") + bytes(30_000_000) + b"AXS!12345678" * 100_000,
        ("",),
    ),
    Hostile(
        "junk-flood.jpg",
        "20 MB between two segments",
        lambda: after_soi(honest("JPEG"), segment(0xFE, b"") + b"\xff\0" * 10_000_000),
        ("too_costly",),
    ),
    *(
        Hostile(
            f"appended-{name}.jpg",
            f"a JPEG with {name} after its end",
            lambda payload=payload: honest("JPEG") + payload,
            ("",) if name == "random" else ("trailing_data",),
        )
        for name, payload in PAYLOADS.items()
    ),
    Hostile(
        "padded-zip.jpg",
        "a ZIP hidden behind zero padding",
        lambda: honest("JPEG") + bytes(70_000) + archive(),
        ("trailing_data",),
    ),
    Hostile("zip-in-comment.jpg", "a JPEG that is a ZIP as well", _zip_in_comment, ("trailing_data",)),
    Hostile("thousand-scans.jpg", "5,000 scans", lambda: _many_scans(1200, 800, 5000), ("too_costly",)),
    Hostile(
        "slow-scans.jpg", "96 MP progressive, 90 scans: legal and slow", _costly_progressive, ("too_costly",)
    ),
    Hostile("claims-24mp.jpg", "24 MP in a few hundred bytes", _short_claim, ("too_costly",)),
    Hostile("claims-4gp.jpg", "65,500 x 65,500", lambda: _claims(65_500, 65_500), ("too_many_pixels",)),
    Hostile("no-width.jpg", "width 0", lambda: _claims(0, 240), ("corrupt",)),
    Hostile("lossless.jpg", "SOF3", lambda: _claims(320, 240, 0xC3), ("unsupported_format",)),
    Hostile("twelve-bit.jpg", "12 bits", lambda: _claims(320, 240, 0xC1, 12), ("unsupported_format",)),
    Hostile("half.jpg", "cut in half", lambda: honest("JPEG")[: len(honest("JPEG")) // 2], ("",)),
    Hostile(
        "header-only.jpg",
        "cut before the scan",
        lambda: honest("JPEG")[: honest("JPEG").index(_SOS)],
        ("corrupt",),
    ),
    Hostile("no-eoi.jpg", "no end of image", lambda: honest("JPEG")[:-2], ("",)),
    Hostile(
        "half-with-eoi.jpg",
        "cut in half, with an end of image put on: decoders paint the rest grey",
        lambda: honest("JPEG", 2000, 1500)[:4000] + b"\xff\xd9",
        ("corrupt", "too_costly"),
    ),
    Hostile("magic-only.jpg", "three bytes", lambda: b"\xff\xd8\xff", ("corrupt",)),
    Hostile(
        "two-frames.jpg",
        "two frame headers",
        lambda: after_soi(honest("JPEG"), segment(0xC0, struct.pack(">BHHB", 8, 8, 8, 1) + b"\1\x11\0")),
        ("corrupt",),
    ),
    Hostile(
        "past-the-end.jpg",
        "a segment longer than the file",
        lambda: honest("JPEG")[:2] + b"\xff\xe1\xff\xff" + b"x" * 100,
        ("corrupt",),
    ),
    Hostile(
        "metadata-flood.jpg",
        "20 MB of comments",
        lambda: after_soi(honest("JPEG"), *[segment(0xFE, bytes(65_000))] * 310),
        ("too_costly",),
    ),
    Hostile(
        "segment-flood.jpg",
        "200,000 empty comments",
        lambda: after_soi(honest("JPEG"), segment(0xFE, b"") * 200_000),
        ("too_costly",),
    ),
    Hostile(
        "restart-flood.jpg",
        "millions of stray restart markers",
        lambda: after_soi(honest("JPEG"), b"\xff\xd0" * 2_000_000),
        ("too_costly",),
    ),
    Hostile("broken-huffman.jpg", "an impossible Huffman table", _broken_huffman, ("corrupt",)),
    Hostile("no-quantisation.jpg", "no quantisation table", lambda: _without(0xDB), ("corrupt",)),
    Hostile("scan-first.jpg", "a scan before the frame header", lambda: _without(0xC0), ("corrupt",)),
    Hostile(
        "nested.jpg", "a start of image inside", lambda: after_soi(honest("JPEG"), b"\xff\xd8"), ("corrupt",)
    ),
    Hostile("exif-loop.jpg", "an EXIF directory that points at itself", _looping_exif, ()),
    Hostile(
        "exif-garbage.jpg",
        "EXIF that is none",
        lambda: after_soi(honest("JPEG"), segment(0xE1, b"Exif\0\0" + b"\xfe" * 900)),
        (),
    ),
    Hostile(
        "icc-garbage.jpg",
        "a colour profile that is none",
        lambda: after_soi(honest("JPEG"), segment(0xE2, b"ICC_PROFILE\0\1\1" + b"\xfe" * 900)),
        (),
    ),
    Hostile(
        "html-comment.jpg",
        "a page in the comment: an image all the same, and no output has the comment",
        lambda: after_soi(honest("JPEG"), segment(0xFE, PAYLOADS["html"])),
        (),
    ),
)
