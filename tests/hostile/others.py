"""Hostile GIFs, WebPs, AVIFs and HEIFs, and files that are not images."""

from __future__ import annotations

import struct

from tests.hostile.base import (
    PAYLOADS,
    Hostile,
    archive,
    box,
    clap,
    encoded,
    honest,
    longer,
    picture,
    riff,
    riff_chunk,
    with_property,
)

_VP8L_BLANK = bytes.fromhex("0010888808000000")


def _gif(width: int, height: int, *blocks: bytes) -> bytes:
    return (
        b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + b"".join(blocks) + b"\x3b"
    )


def _gif_frame(width: int, height: int, stream: bytes = b"\x02\x02\x4c\x01\x00") -> bytes:
    return b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + stream


def _lossless(width: int, height: int) -> bytes:
    """A VP8L header for any size: a blank lossless WebP needs no bytes for its pixels."""
    bits = (width - 1) | (height - 1) << 14
    return b"\x2f" + struct.pack("<I", bits) + _VP8L_BLANK


def _frame_flood_webp(width: int, height: int, frames: int) -> bytes:
    canvas = struct.pack("<I", 2) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = bytes(6) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little") + bytes(4)
    frame += riff_chunk(b"VP8L", _lossless(width, height))
    return riff(
        riff_chunk(b"VP8X", canvas), riff_chunk(b"ANIM", bytes(6)), *[riff_chunk(b"ANMF", frame)] * frames
    )


def _resized(image_format: str, width: int, height: int) -> bytes:
    """The image with another size in every `ispe` property."""
    data = bytearray(honest(image_format))
    at = 0
    while (at := data.find(b"ispe", at + 1)) >= 0:
        data[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(data)


def _cut(image_format: str, part: float) -> bytes:
    return honest(image_format)[: int(len(honest(image_format)) * part)]


def _noise(image_format: str) -> bytes:
    """The coded picture overwritten with noise, the container untouched."""
    data = honest(image_format)
    at = data.rindex(b"mdat") + 4
    return data[:at] + PAYLOADS["random"][: len(data) - at] + data[at + 4096 :]


_GIFS = (
    *(
        Hostile(
            f"appended-{name}.gif",
            f"a GIF with {name} after its end",
            lambda payload=PAYLOADS[name]: honest("GIF") + payload,
            ("",) if name == "random" else ("trailing_data",),
        )
        for name in ("zip", "html", "script", "random")
    ),
    Hostile(
        "frame-flood.gif",
        "20,000 frames of 2,000 x 2,000 in 340 KB",
        lambda: _gif(2000, 2000, _gif_frame(2000, 2000) * 20_000),
        ("too_many_frames",),
    ),
    Hostile(
        "tiny-frame-flood.gif",
        "100,000 frames of 1 x 1",
        lambda: _gif(1, 1, _gif_frame(1, 1) * 100_000),
        ("too_many_frames",),
    ),
    Hostile(
        "claims-4gp.gif",
        "65,535 x 65,535",
        lambda: _gif(65_535, 65_535, _gif_frame(1, 1)),
        ("too_many_pixels",),
    ),
    Hostile(
        "frame-outside.gif",
        "a frame far outside its canvas",
        lambda: _gif(10, 10, _gif_frame(60_000, 60_000)),
        ("too_many_pixels",),
    ),
    Hostile(
        "block-flood.gif",
        "half a million blocks of one byte",
        lambda: _gif(10, 10, b"\x21\xfe" + b"\x01a" * 500_000 + b"\0", _gif_frame(1, 1)),
        ("too_costly",),
    ),
    Hostile(
        "extension-flood.gif",
        "five million empty extensions",
        lambda: _gif(10, 10, b"\x21\xfe\0" * 5_000_000, _gif_frame(1, 1)),
        ("too_costly",),
    ),
    Hostile(
        "short-data.gif",
        "1,000 x 1,000 from five bytes",
        lambda: _gif(1000, 1000, _gif_frame(1000, 1000)),
        ("corrupt",),
    ),
    Hostile(
        "bad-code.gif",
        "an LZW code from nowhere",
        lambda: _gif(100, 100, _gif_frame(100, 100, b"\x0c\x04\xff\xff\xff\xff\0")),
        ("corrupt",),
    ),
    Hostile("no-frame.gif", "no frame", lambda: _gif(10, 10), ("corrupt",)),
    Hostile("no-size.gif", "0 x 0", lambda: _gif(0, 0, _gif_frame(0, 0)), ("corrupt",)),
    Hostile("half.gif", "cut in half", lambda: _cut("GIF", 0.5), ("corrupt",)),
    Hostile("magic-only.gif", "six bytes", lambda: b"GIF89a", ("corrupt",)),
)

_WEBPS = (
    *(
        Hostile(
            f"appended-{name}.webp",
            f"a WebP with {name} after its end",
            lambda payload=PAYLOADS[name]: honest("WEBP") + payload,
            ("",) if name == "random" else ("trailing_data",),
        )
        for name in ("zip", "html", "pe", "random")
    ),
    Hostile(
        "frame-flood.webp",
        "3,000 frames of 2,000 x 2,000 in 170 KB",
        lambda: _frame_flood_webp(2000, 2000, 3000),
        ("too_many_frames",),
    ),
    Hostile(
        "canvas-268mp.webp",
        "16,383 x 16,383 in forty bytes",
        lambda: riff(riff_chunk(b"VP8L", _lossless(16_383, 16_383))),
        ("too_many_pixels",),
    ),
    Hostile(
        "canvas-90mp.webp",
        "9,500 x 9,500 in forty bytes",
        lambda: riff(riff_chunk(b"VP8L", _lossless(9_500, 9_500))),
        ("too_costly", "corrupt"),
    ),
    Hostile(
        "canvas-281-terapixels.webp",
        "the largest canvas there is",
        lambda: riff(riff_chunk(b"VP8X", b"\0" * 4 + b"\xff" * 6), riff_chunk(b"VP8L", _lossless(9, 9))),
        ("too_many_pixels",),
    ),
    Hostile("longer.webp", "a header that says more than there is", lambda: _cut("WEBP", 0.9), ("corrupt",)),
    Hostile(
        "bitstream-cut.webp",
        "half a bitstream in a sound container",
        lambda: riff(riff_chunk(b"VP8 ", honest("WEBP")[20 : 20 + len(honest("WEBP")) // 2])),
        ("corrupt",),
    ),
    Hostile(
        "no-image.webp",
        "a container without an image",
        lambda: riff(riff_chunk(b"EXIF", bytes(64))),
        ("corrupt",),
    ),
    Hostile("magic-only.webp", "twelve bytes", lambda: b"RIFF\x04\0\0\0WEBP", ("corrupt",)),
)

_BOXED = tuple(
    hostile
    for name, extension in (("AVIF", "avif"), ("HEIF", "heic"))
    for hostile in (
        Hostile(
            f"appended-zip.{extension}",
            f"an {name} with a ZIP after its end",
            lambda name=name: honest(name) + archive(),
            ("trailing_data",),
        ),
        Hostile(
            f"appended-html.{extension}",
            f"an {name} with a page after its end",
            lambda name=name: honest(name) + PAYLOADS["html"],
            ("trailing_data",),
        ),
        Hostile(
            f"half.{extension}",
            "cut in half",
            lambda name=name: _cut(name, 0.5),
            ("corrupt",),
        ),
        Hostile(
            f"claims-4gp.{extension}",
            "65,535 x 65,535",
            lambda name=name: _resized(name, 65_535, 65_535),
            ("too_many_pixels",),
        ),
        Hostile(
            f"claims-60mp.{extension}",
            "9,000 x 6,700 from a small picture",
            lambda name=name: _resized(name, 9_000, 6_700),
            ("corrupt", "too_costly"),
        ),
        Hostile(
            f"noise.{extension}",
            "noise for a picture",
            lambda name=name: _noise(name),
            ("corrupt", ""),
        ),
        Hostile(
            f"brand-only.{extension}",
            "a brand and nothing more",
            lambda brand={"avif": b"avif", "heic": b"heic"}[extension]: box(
                b"ftyp", brand + bytes(4) + brand
            ),
            ("corrupt",),
        ),
        Hostile(
            f"box-length.{extension}",
            "a box of 4 GB",
            lambda name=name: honest(name)[:28] + b"\xff\xff\xff\xffmeta" + honest(name)[40:],
            ("corrupt",),
        ),
    )
)


def _association_flood() -> bytes:
    """200,000 associations of one item with a property, in an `ipma` of their own before the sound one."""
    data = honest("AVIF")
    at = data.index(b"ipma") - 4
    entry = struct.pack(">HB", 1, 255) + b"\1" * 255
    flood = box(b"ipma", struct.pack(">II", 0, 800) + entry * 800)
    return grown(data[:at] + flood + data[at:], len(flood))


def _association_boxes(image_format: str) -> bytes:
    """5,000 `ipma` boxes, each with an entry for every of 100 items."""
    data = honest(image_format)
    at = data.index(b"ipma") - 4
    entries = b"".join(struct.pack(">HBB", item, 1, 1) for item in range(2, 102))
    flood = box(b"ipma", struct.pack(">II", 0, 100) + entries) * 5000
    return grown(data[:at] + flood + data[at:], len(flood))


def grown(data: bytes, by: int) -> bytes:
    """The boxes around the properties made longer, and what the item's offset refers to moved on."""
    for name in (b"iprp", b"meta"):
        data = longer(data, data.index(name) - 4, by)
    return data


_PROPERTIES = (
    Hostile(
        "aperture-outside.avif",
        "a clean aperture far outside the image",
        lambda: with_property(honest("AVIF"), clap(10, 10, 9000, 9000, (320, 240))),
        ("corrupt",),
    ),
    Hostile(
        "aperture-by-zero.avif",
        "a clean aperture with denominators of 0",
        lambda: with_property(honest("AVIF"), box(b"clap", bytes(32))),
        ("corrupt",),
    ),
    Hostile(
        "aperture-outside.heic",
        "a clean aperture far outside the image",
        lambda: with_property(honest("HEIF"), clap(10, 10, 9000, 9000, (320, 240))),
        ("corrupt",),
    ),
    *(
        Hostile(
            f"association-boxes.{extension}",
            "5,000 boxes of property associations",
            lambda name=name: _association_boxes(name),
            ("too_costly",),
        )
        for name, extension in (("AVIF", "avif"), ("HEIF", "heic"))
    ),
    Hostile(
        "hdr-flood.heic",
        "20,000 colour properties",
        lambda: with_property(honest("HEIF"), box(b"colr", b"nclx" + b"\xff" * 7) * 20_000),
        ("", "corrupt", "too_costly"),
    ),
    Hostile("association-flood.avif", "200,000 property associations", _association_flood, ("too_costly",)),
    Hostile(
        "hdr-flood.avif",
        "20,000 colour properties",
        lambda: with_property(honest("AVIF"), box(b"colr", b"nclx" + b"\xff" * 7) * 20_000),
        ("", "corrupt"),
    ),
    Hostile(
        "property-flood.avif",
        "150,000 properties",
        lambda: with_property(honest("AVIF"), box(b"free", b"") * 150_000),
        ("too_costly",),
    ),
)

_NO_IMAGES = tuple(
    Hostile(name, about, lambda data=data: data, (code,))
    for name, about, data, code in (
        ("empty.jpg", "no bytes", b"", "empty"),
        ("one-byte.jpg", "one byte", b"\xff", "unsupported_format"),
        ("text.jpg", "text", b"not an image\n" * 50, "unsupported_format"),
        ("page.jpg", "a page", PAYLOADS["html"], "unsupported_format"),
        ("vector.svg", "SVG with a script", b"<svg><script>alert(1)</script></svg>", "unsupported_format"),
        ("archive.png", "a ZIP", archive(), "unsupported_format"),
        ("program.gif", "a program", PAYLOADS["elf"], "unsupported_format"),
        ("document.webp", "a PDF", PAYLOADS["pdf"], "unsupported_format"),
        ("bitmap.jpg", "a BMP", encoded(picture(), "BMP"), "unsupported_format"),
        ("scan.jpg", "a TIFF", encoded(picture(), "TIFF"), "unsupported_format"),
        ("layers.jpg", "a PSD", b"8BPS\0\1" + bytes(64), "unsupported_format"),
        (
            "video.heic",
            "an MP4",
            box(b"ftyp", b"isom\0\0\0\0isom") + box(b"mdat", bytes(64)),
            "unsupported_format",
        ),
        ("zeros.jpg", "a megabyte of zeros", bytes(1 << 20), "unsupported_format"),
    )
)

FILES: tuple[Hostile, ...] = (*_GIFS, *_WEBPS, *_BOXED, *_PROPERTIES, *_NO_IMAGES)
