"""Pixels are right where decoders disagree, as judged by browsers, libvips and sharp."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image

from imagebus_imaging import Rejected, describe, thumbnails, validate
from imagebus_imaging.geometry import fit
from tests.hostile.base import after_soi, chunk, clap, png, segment, with_property
from tests.unit.imaging.pictures import (
    DISPLAY_P3,
    assert_quadrants,
    encoded,
    exif_with,
    grey_profile,
    near,
    opened,
    quadrants,
    stored,
)

pytestmark = pytest.mark.usefixtures("no_child")

END = chunk(b"IEND", b"")


def shown(data: bytes, box: tuple[int, int] = (640, 640)) -> Image.Image:
    return opened(thumbnails(data, [box], formats=["png"])[0])


def row(depth: int, colour: int, samples: bytes, width: int, *chunks: bytes) -> bytes:
    return png(width, 1, depth, colour, *chunks, chunk(b"IDAT", zlib.compress(b"\0" + samples)), END)


@pytest.mark.parametrize(
    ("depth", "key", "samples"), [(1, 1, 0x80), (2, 3, 0xC0), (4, 15, 0xF3), (8, 200, None)]
)
def test_the_transparent_value_of_narrow_grey(depth: int, key: int, samples: int | None) -> None:
    pixels = bytes([samples]) if samples is not None else b"\xc8\xc9"
    data = row(depth, 0, pixels, 2, chunk(b"tRNS", struct.pack(">H", key)))
    assert validate(data).has_alpha
    image = shown(data).convert("RGBA")
    assert [image.getpixel((x, 0))[3] for x in (0, 1)] == [0, 255]


@pytest.mark.parametrize("key", [(1, 2, 3), (65_535, 65_535, 65_535), (0, 0, 0), (256, 512, 768)])
@pytest.mark.parametrize("near_miss", [1, 200])
def test_the_transparent_colour_of_deep_rgb_is_compared_with_all_of_its_bits(
    key: tuple[int, int, int], near_miss: int
) -> None:
    other = [(value + near_miss) % 65_536 for value in key]
    data = row(16, 2, struct.pack(">6H", *key, *other), 2, chunk(b"tRNS", struct.pack(">3H", *key)))
    assert validate(data).has_alpha
    image = shown(data)
    assert [image.getpixel((x, 0))[3] for x in (0, 1)] == [0, 255]


@pytest.mark.parametrize("mode", ["LA", "L with a transparent value"])
def test_a_grey_profile_counts_with_transparency_as_without(mode: str) -> None:
    image = Image.linear_gradient("L").resize((320, 240))
    options: dict[str, object] = {"icc_profile": grey_profile(1.0)}
    plain = shown(encoded(image, "PNG", **options)).convert("L").getpixel((160, 200))
    if mode == "LA":
        other = encoded(image.convert("LA"), "PNG", **options)
    else:
        other = encoded(image, "PNG", transparency=7, **options)
    assert shown(other).convert("L").getpixel((160, 200)) == plain == 236
    assert shown(encoded(image, "PNG")).getpixel((160, 200)) == 213


def test_a_grey_profile_on_a_picture_with_colours_is_ignored() -> None:
    image = quadrants().convert("RGBA")
    assert_quadrants(shown(encoded(image, "PNG", icc_profile=grey_profile(1.0))))


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP", "AVIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_grey_profile_on_colours_that_happen_to_be_grey_is_ignored(image_format: str, mode: str) -> None:
    # As Chromium and libvips show it. A picture's colours must not depend on whether one of them is not grey.
    image = Image.linear_gradient("L").resize((320, 240)).convert(mode if image_format != "JPEG" else "RGB")
    data = encoded(image, image_format, icc_profile=grey_profile(1.0))
    assert near(shown(data).convert("RGB").getpixel((160, 200)), (213, 213, 213), 3)


def test_a_grey_profile_of_a_frame_that_does_not_cover_the_canvas() -> None:
    grey = zlib.compress((b"\0" + b"\x80" * 4) * 4)
    control = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 4, 4, 0, 0, 1, 10, 0, 0))
    profile = chunk(b"iCCP", b"x\0\0" + zlib.compress(grey_profile(1.0)))
    parts = profile, chunk(b"acTL", struct.pack(">II", 1, 0))
    hidden = chunk(b"IDAT", zlib.compress((b"\0" + bytes(8)) * 8))
    frame = chunk(b"fdAT", struct.pack(">I", 1) + grey)
    data = png(8, 8, 8, 0, *parts, hidden, control, frame, END)
    assert near(shown(data).getpixel((0, 0)), (188, 188, 188, 255), 2), "0.5 of linear light in sRGB"


def _partial_gif(transparent: bool) -> bytes:
    """A 2x2 frame in the corner of a canvas of 4x4; the background is blue."""
    frame = encoded(Image.new("P", (2, 2), 1), "GIF", optimize=False)
    at = frame.rindex(b"\x2c\0\0\0\0\2\0\2\0")
    flags = frame[at + 9]
    stream = frame[at + 10 + ((3 << (flags & 7) + 1) if flags & 0x80 else 0) :]
    palette = bytes([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    control = b"\x21\xf9\x04\x01\0\0\x02\0" if transparent else b""
    canvas = b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x91, 3, 0) + palette
    return canvas + control + b"\x2c" + struct.pack("<HHHHB", 0, 0, 2, 2, 0) + stream


@pytest.mark.parametrize("transparent", [False, True])
def test_what_the_first_frame_of_a_gif_leaves_uncovered_is_transparent(transparent: bool) -> None:
    data = _partial_gif(transparent)
    info = validate(data)
    assert (info.width, info.height, info.has_alpha) == (4, 4, True)
    image = shown(data)
    assert image.getpixel((0, 0)) == (255, 0, 0, 255)
    assert image.getpixel((3, 3))[3] == image.getpixel((3, 0))[3] == 0


def _apng(first: tuple[int, int, int, int], *, hidden: bool = True) -> bytes:
    """A blue image, and an animation whose first frame is red at that place: (width, height, left, top)."""

    def data(colour: bytes, width: int, height: int) -> bytes:
        return zlib.compress((b"\0" + colour * width) * height)

    def control(number: int) -> bytes:
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *first, 1, 10, 0, 0))

    red = struct.pack(">I", 1) + data(b"\xff\0\0", first[0], first[1])
    blue = chunk(b"IDAT", data(b"\0\0\xff", 8, 6))
    parts = [blue, control(0), chunk(b"fdAT", red)] if hidden else [control(0), blue]
    return png(8, 6, 8, 2, chunk(b"acTL", struct.pack(">II", 1, 0)), *parts, END)


def test_an_animation_with_a_hidden_default_image_shows_its_first_frame() -> None:
    whole = _apng((8, 6, 0, 0))
    assert validate(whole).width == 8
    assert shown(whole).getpixel((4, 3)) == (255, 0, 0)
    part = _apng((3, 2, 4, 3))
    info = validate(part)
    assert (info.width, info.height, info.has_alpha) == (8, 6, True)
    assert shown(part).getpixel((5, 4)) == (255, 0, 0, 255)
    assert shown(part).getpixel((1, 1))[3] == 0
    assert shown(_apng((8, 6, 0, 0), hidden=False)).getpixel((4, 3)) == (0, 0, 255)
    assert shown(_apng((9, 6, 0, 0))).getpixel((4, 3)) == (0, 0, 255), "a frame outside the canvas is none"


def test_what_a_clean_aperture_hides_is_hidden() -> None:
    image = quadrants(160, 96)
    hidden = Image.new("RGB", (160, 96), (255, 0, 255))
    hidden.paste(image.crop((40, 24, 120, 72)), (40, 24))
    for image_format in ("AVIF",):
        data = with_property(encoded(hidden, image_format), clap(80, 48, 40, 24, (160, 96)))
        info = validate(data)
        assert (info.width, info.height) == (80, 48)
        assert describe(data).properties["width"] == 80
        image = shown(data)
        assert image.size == (80, 48)
        assert_quadrants(image, 16)
        assert not any(
            near(image.getpixel(at), (255, 0, 255), 90) for at in ((0, 0), (79, 0), (0, 47), (79, 47))
        )


def test_a_clean_aperture_outside_the_image_is_corrupt_and_a_larger_one_is_cut() -> None:
    data = encoded(quadrants(), "AVIF")
    with pytest.raises(Rejected, match="corrupt: a clean aperture outside the image"):
        validate(with_property(data, clap(10, 10, 4000, 4000, (160, 96))))
    larger = with_property(data, clap(400, 400, -50, -50, (160, 96)))
    assert (validate(larger).width, shown(larger).size) == (160, (160, 96))


P3, SAME_IN_SRGB = (200, 100, 50), (214, 95, 33)


def nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


def cicp(image: Image.Image, primaries: int, transfer: int) -> bytes:
    data = encoded(image, "PNG")
    return data[:33] + chunk(b"cICP", bytes([primaries, transfer, 0, 1])) + data[33:]


@pytest.mark.parametrize("image_format", ["AVIF", "PNG", "HEIF"])
def test_colours_named_by_numbers_are_converted(image_format: str) -> None:
    flat = Image.new("RGB", (64, 64), P3)
    if image_format == "PNG":
        data, untouched = cicp(flat, 12, 13), cicp(flat, 1, 13)
    else:
        made = encoded(flat, image_format)
        data, untouched = nclx(made, 12, 13), nclx(made, 1, 13)
    assert validate(data).hdr is None
    assert near(shown(data).getpixel((20, 20)), SAME_IN_SRGB, 6), shown(data).getpixel((20, 20))
    assert near(shown(untouched).getpixel((20, 20)), P3, 6)
    for image in (Image.new("RGBA", (64, 64), (*P3, 77)), Image.new("L", (64, 64), 90)):
        found = shown(cicp(image, 12, 13)).getpixel((20, 20))
        assert near(found, (*SAME_IN_SRGB, 77), 3) if isinstance(found, tuple) else found == 90


# White and a highlight of 1,000 nits, as PQ and HLG encode them.
@pytest.mark.parametrize(("transfer", "name", "white", "peak"), [(16, "pq", 148, 192), (18, "hlg", 191, 255)])
@pytest.mark.parametrize("image_format", ["AVIF", "PNG"])
def test_hdr_is_tone_mapped_and_stated(
    image_format: str, transfer: int, name: str, white: int, peak: int
) -> None:
    def made(value: int) -> bytes:
        flat = Image.new("RGB", (64, 64), (value, value, value))
        return nclx(encoded(flat, "AVIF"), 9, transfer) if image_format == "AVIF" else cicp(flat, 9, transfer)

    def level(value: int) -> int:
        found = shown(made(value)).getpixel((20, 20))
        assert near(found, (found[1],) * 3, 3), "grey stays grey"
        return int(found[1])

    assert validate(made(white)).hdr == name
    assert abs(level(white) - 190) <= 6, "white is below the highlights"
    assert abs(level(peak) - 255) <= 5
    assert level(0) == 0
    levels = [level(value) for value in range(0, peak, 16)]
    assert levels == sorted(levels)


def test_a_gamma_and_primaries_of_a_png_are_applied() -> None:
    def with_chunks(*chunks: bytes, colour: tuple[int, int, int] = (128, 128, 128)) -> tuple[int, ...]:
        data = encoded(Image.new("RGB", (8, 8), colour), "PNG")
        found = shown(data[:33] + b"".join(chunks) + data[33:]).getpixel((4, 4))
        assert isinstance(found, tuple)
        return found

    linear, usual = (chunk(b"gAMA", struct.pack(">I", value)) for value in (100_000, 45_455))
    p3 = chunk(b"cHRM", struct.pack(">8I", 31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000))
    assert near(with_chunks(linear), (188, 188, 188), 1)
    assert with_chunks(usual) == with_chunks() == (128, 128, 128)
    assert with_chunks(linear, chunk(b"sRGB", b"\0")) == (128, 128, 128), "sRGB wins"
    assert near(with_chunks(usual, p3, colour=P3), SAME_IN_SRGB, 4)
    assert with_chunks(p3, colour=P3) == P3, "primaries without a gamma say nothing"
    impossible = chunk(b"cHRM", bytes(32))
    assert with_chunks(usual, impossible) == (128, 128, 128)


@pytest.mark.parametrize(("size", "box", "fitted"), [
    ((640, 481), (320, 320), (320, 241)),
    ((640, 479), (320, 320), (320, 240)),
    ((481, 640), (320, 320), (241, 320)),
    ((1, 1), (9, 9), (1, 1)),
    ((10_000, 1), (100, 100), (100, 1)),
])  # fmt: skip
def test_half_a_pixel_is_rounded_up_as_elsewhere(
    size: tuple[int, int], box: tuple[int, int], fitted: tuple[int, int]
) -> None:
    assert fit(*size, box) == fitted


def test_what_stands_behind_the_end_of_a_text_is_nobodys_business() -> None:
    entries = ((0x10F, b"GoPro\0SECRETJUNK"), (0x110, b"HERO\0\0\0SECRET11"))
    body = struct.pack("<H", len(entries))
    texts, at = b"", 8 + 2 + 12 * len(entries) + 4
    for tag, text in entries:
        body += struct.pack("<HHII", tag, 2, len(text), at + len(texts))
        texts += text
    block = b"II*\0\x08\0\0\0" + body + bytes(4) + texts
    data = after_soi(encoded(quadrants(), "JPEG"), segment(0xE1, b"Exif\0\0" + block))
    assert describe(data).exif == {"make": "GoPro", "model": "HERO"}


def test_an_orientation_is_read_wherever_the_block_has_it() -> None:
    for order, mark in (("<", b"II*\0"), (">", b"MM\0*")):
        filler = b"".join(struct.pack(f"{order}HHII", 0x0100 + n, 4, 1, 9) for n in range(3))
        entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, 6, 0)
        block = mark + struct.pack(f"{order}I", 8) + struct.pack(f"{order}H", 4) + filler + entry + bytes(4)
        data = after_soi(encoded(stored(quadrants(), 6), "JPEG"), segment(0xE1, b"Exif\0\0" + block))
        assert validate(data).orientation == 6
        assert_quadrants(shown(data))


def test_linear_light_is_a_parameter() -> None:
    # Half black and half white, a pixel each: as bright as the middle of the light, not of the numbers.
    image = Image.effect_noise((2, 2), 0).resize((64, 64))
    image.putdata([255 * ((x + y) % 2) for y in range(64) for x in range(64)])
    for mode, extra in (("L", ()), ("RGB", ()), ("RGBA", (255,))):
        data = encoded(image.convert(mode), "PNG")
        (usual,), (linear,) = (thumbnails(data, [(8, 8)], linear=linear) for linear in (False, True))
        found = [opened(made).convert(mode).getpixel((4, 4)) for made in (usual, linear)]
        wanted = [(127,) * (len(mode) - len(extra)) + extra, (188,) * (len(mode) - len(extra)) + extra]
        assert [
            near(f if isinstance(f, tuple) else (f,), w, 3) for f, w in zip(found, wanted, strict=True)
        ] == [True, True], found
    photo = encoded(quadrants(), "JPEG")
    assert_quadrants(opened(thumbnails(photo, [(80, 80)], linear=True)[0]))
    clear = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    clear.paste((40, 40, 40, 255), (0, 0, 32, 64))
    made = opened(thumbnails(encoded(clear, "PNG"), [(16, 16)], linear=True)[0])
    assert near(made.getpixel((2, 8)), (40, 40, 40, 255), 2)
    assert made.getpixel((14, 8))[3] == 0


@pytest.mark.parametrize("animated", [False, True])
@pytest.mark.parametrize("kept", [0, 0x08, 0x20, 0x28])
def test_metadata_of_a_webp_counts_only_with_its_flag(kept: int, animated: bool) -> None:
    options: dict[str, object] = {"exif": exif_with(6), "icc_profile": DISPLAY_P3, "lossless": True}
    if animated:
        options |= {"save_all": True, "append_images": [Image.new("RGB", (64, 32), "blue")]}
    data = bytearray(encoded(Image.new("RGB", (64, 32), (200, 100, 50)), "WEBP", **options))
    assert data[12:16] == b"VP8X"
    data[20] = data[20] & ~0x28 | kept
    assert validate(bytes(data)).orientation == (6 if kept & 0x08 else 1)
    image = shown(bytes(data)).convert("RGB")
    assert image.size == ((32, 64) if kept & 0x08 else (64, 32))
    assert near(image.getpixel((9, 9)), (214, 95, 33) if kept & 0x20 else (200, 100, 50), 3)


def test_metadata_of_a_webp_without_the_extended_header_is_ignored() -> None:
    plain = encoded(Image.new("RGB", (64, 32), (200, 100, 50)), "WEBP", lossless=True)
    exif = exif_with(6).tobytes()[6:]
    chunks = plain[12:] + b"EXIF" + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2)
    data = b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
    assert validate(data).orientation == 1
    assert shown(data).size == (64, 32)
