"""Every pixel format has a defined outcome."""

from __future__ import annotations

import struct
import zlib

import pytest
from PIL import Image, ImageChops

from imagebus.recipes.model import Watermark
from imagebus_imaging import Rejected, describe, thumbnails, validate, watermark
from tests.hostile.base import chunk, png
from tests.unit.imaging.pictures import BLUE, RED, assert_quadrants, encoded, near, opened, quadrants

pytestmark = pytest.mark.usefixtures("no_child")


def _grey(depth: int, samples: list[int], *chunks: bytes) -> bytes:
    """A greyscale PNG of one row of big pixels, 32 rows high."""
    pack = ">H" if depth == 16 else ">B"
    row = b"\0" + b"".join(struct.pack(pack, sample) * 32 for sample in samples)
    data = chunk(b"IDAT", zlib.compress(row * 32))
    return png(32 * len(samples), 32, depth, 0, *chunks, data, chunk(b"IEND", b""))


def _ycck() -> bytes:
    """A JPEG whose Adobe marker says YCCK: inverted colours as YCbCr, and no black."""
    y, cb, cr = ImageChops.invert(quadrants()).convert("YCbCr").split()
    planes = (*map(ImageChops.invert, (y, cb, cr)), Image.new("L", y.size, 0))
    data = bytearray(encoded(Image.merge("CMYK", planes), "JPEG"))
    transform = data.index(b"Adobe") + 11
    assert data[transform] == 0
    data[transform] = 2
    return bytes(data)


def test_cmyk_becomes_rgb() -> None:
    data = encoded(quadrants().convert("CMYK"), "JPEG")
    assert validate(data).mode == "CMYK"
    (thumbnail,) = thumbnails(data, [(80, 80)])
    assert opened(thumbnail).mode == "RGB"
    assert_quadrants(opened(thumbnail))
    assert_quadrants(opened(watermark(data, Watermark(text=""))))


def test_ycck_becomes_rgb() -> None:
    data = _ycck()
    assert validate(data).mode == "CMYK"
    (thumbnail,) = thumbnails(data, [(80, 80)])
    assert opened(thumbnail).mode == "RGB"
    assert_quadrants(opened(thumbnail))


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    data = _grey(16, [0, 0x4000, 0x8000, 0xFFFF])
    assert validate(data).mode == "I;16"
    image = opened(thumbnails(data, [(64, 64)])[0])
    assert image.mode == "L"
    found = [image.getpixel((x, 8)) for x in (8, 24, 40, 56)]
    assert all(abs(a - b) <= 2 for a, b in zip(found, [0, 64, 128, 255], strict=True)), found


def test_sixteen_bit_grey_with_a_transparent_value_keeps_its_hole() -> None:
    data = _grey(16, [0x4000, 0x4001], chunk(b"tRNS", struct.pack(">H", 0x4001)))
    assert validate(data).has_alpha
    image = opened(thumbnails(data, [(64, 64)])[0])
    assert near(image.getpixel((8, 8)), (64, 64, 64, 255), 2)
    assert image.getpixel((56, 8))[3] == 0


def test_one_bit_becomes_grey() -> None:
    image = Image.new("1", (200, 100), 0)
    image.paste(1, (100, 0, 200, 100))
    (thumbnail,) = thumbnails(encoded(image, "PNG"), [(100, 100)])
    assert opened(thumbnail).mode == "L"
    assert (opened(thumbnail).getpixel((10, 25)), opened(thumbnail).getpixel((90, 25))) == (0, 255)


def test_a_palette_with_transparency_keeps_it() -> None:
    image = Image.new("P", (200, 100), 0)
    image.putpalette([*RED, *BLUE])
    image.paste(1, (100, 0, 200, 100))
    data = encoded(image, "PNG", transparency=1)
    assert validate(data).has_alpha
    kept = opened(thumbnails(data, [(100, 100)])[0])
    assert near(kept.getpixel((10, 25)), (*RED, 255))
    assert kept.getpixel((90, 25))[3] == 0
    flat = opened(thumbnails(data, [(100, 100)], formats=["jpeg"], background="#00ff00")[0])
    assert near(flat.getpixel((90, 25)), (0, 255, 0))


def test_a_palette_without_transparency_becomes_rgb() -> None:
    (thumbnail,) = thumbnails(encoded(quadrants().quantize(8), "PNG"), [(80, 80)])
    assert opened(thumbnail).mode == "RGB"
    assert_quadrants(opened(thumbnail))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("size", [(200, 100), (4400, 2200)])
def test_alpha_is_kept_and_transparent_pixels_do_not_bleed(mode: str, size: tuple[int, int]) -> None:
    # The transparent half hides white: it must not lighten the edge of the dark half.
    width, height = size
    image = Image.new("RGBA", size, (255, 255, 255, 0))
    image.paste((40, 40, 40, 255), (0, 0, width // 2, height))
    data = encoded(image.convert(mode), "PNG", compress_level=1)
    found = opened(thumbnails(data, [(100, 100)])[0])
    assert found.mode == "RGBA"
    edge = [found.getpixel((x, 25)) for x in range(100)]
    assert all(pixel[0] <= 60 for pixel in edge if pixel[3] > 40), edge[45:55]
    assert near(edge[10], (40, 40, 40, 255))
    assert edge[90][3] == 0


@pytest.mark.parametrize("output", ["PNG", "WEBP", "AVIF"])
def test_alpha_survives_in_every_format_that_can_hold_it(output: str) -> None:
    image = quadrants().convert("RGBA")
    image.putalpha(128)
    (thumbnail,) = thumbnails(encoded(image, "PNG"), [(80, 80)], formats=[output.lower()])
    assert thumbnail.format == output
    found = opened(thumbnail)
    assert abs(found.convert("RGBA").getpixel((20, 12))[3] - 128) <= 3
    assert_quadrants(found, tolerance=24)


def test_alpha_is_composited_over_the_background_for_jpeg() -> None:
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 128))
    (thumbnail,) = thumbnails(encoded(image, "PNG"), [(50, 50)], formats=["jpeg"], background="#0000ff")
    assert near(opened(thumbnail).getpixel((25, 25)), (128, 0, 127))
    assert near(
        opened(watermark(encoded(image, "PNG"), Watermark(text=""))).getpixel((9, 9)), (255, 0, 0, 128)
    )


def test_a_png_may_name_one_rgb_colour_as_transparent() -> None:
    data = encoded(quadrants(), "PNG", transparency=RED)
    found = opened(thumbnails(data, [(160, 160)])[0])
    assert found.getpixel((20, 20))[3] == 0
    assert found.getpixel((100, 20))[3] == 255


def test_greyscale_stays_greyscale() -> None:
    for image_format in ("JPEG", "PNG"):
        data = encoded(quadrants().convert("L"), image_format)
        assert opened(thumbnails(data, [(80, 80)])[0]).mode == "L"
        assert describe(data).properties["mode"] == "L"
        marked = watermark(data, Watermark(text="imagebus", scale=0.9, opacity=1))
        assert opened(marked).mode == "L"


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_narrow_greys_are_widened(depth: int) -> None:
    top = (1 << depth) - 1
    row = b"\0" + bytes([0] * 4) + bytes([255] * 4)
    size = 8 * 8 // depth
    data = png(size, 8, depth, 0, chunk(b"IDAT", zlib.compress(row * 8)), chunk(b"IEND", b""))
    found = opened(thumbnails(data, [(size, 8)])[0])
    assert (found.getpixel((0, 0)), found.getpixel((size - 1, 0))) == (0, 255), top


def _interlaced(image: Image.Image, colour: int) -> bytes:
    """Adam7 by hand: Pillow reads it and cannot write it."""
    width, height = image.size
    rows = b""
    for x, y, dx, dy in (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ):
        for line in range(y, height, dy):
            pixels = b"".join(
                image.crop((at, line, at + 1, line + 1)).tobytes() for at in range(x, width, dx)
            )
            rows += b"\0" + pixels if pixels else b""
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 1)
    palette = chunk(b"PLTE", bytes(image.getpalette() or [])) if colour == 3 else b""
    parts = chunk(b"IHDR", header), palette, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("size", [(80, 48), (1, 1), (3, 2), (13, 9)])
@pytest.mark.parametrize(("mode", "colour"), [("RGB", 2), ("RGBA", 6), ("L", 0), ("LA", 4), ("P", 3)])
def test_interlaced_pngs_decode_like_plain_ones(mode: str, colour: int, size: tuple[int, int]) -> None:
    image = quadrants(*size).quantize(8) if mode == "P" else quadrants(*size).convert(mode)
    data = _interlaced(image, colour)
    assert (validate(data).width, validate(data).mode) == (size[0], mode)
    kept = opened(thumbnails(data, [size])[0])
    assert kept.convert("RGBA").tobytes() == image.convert("RGBA").tobytes()


def _narrow(depth: int, colour: int, samples: bytes, *chunks: bytes) -> list[tuple[int, ...]]:
    """The two pixels of a PNG, as they are shown."""
    rows = chunk(b"IDAT", zlib.compress(b"\0" + samples))
    data = png(2, 1, depth, colour, *chunks, rows, chunk(b"IEND", b""))
    validate(data)
    found = opened(thumbnails(data, [(2, 1)], formats=["png"])[0]).convert("RGBA")
    return [found.getpixel((x, 0)) for x in (0, 1)]


# What libvips 8.18 shows.
@pytest.mark.parametrize(
    ("depth", "colour", "samples", "key", "shown"),
    [
        (8, 0, b"\x05\x06", b"\1\5", [(5, 5, 5, 0), (6, 6, 6, 255)]),
        (4, 0, b"\x56", b"\0\x15", [(85, 85, 85, 0), (102, 102, 102, 255)]),
        (8, 2, b"\1\2\3\4\5\6", b"\7\1\7\2\7\3", [(1, 2, 3, 0), (4, 5, 6, 255)]),
    ],
)
def test_of_a_transparent_value_only_the_bits_of_a_sample_count(
    depth: int, colour: int, samples: bytes, key: bytes, shown: list[tuple[int, ...]]
) -> None:
    assert _narrow(depth, colour, samples, chunk(b"tRNS", key)) == shown


def test_in_bands_as_well() -> None:
    rows = (b"\0" + b"\5\6" * 2200) * 5000
    parts = chunk(b"tRNS", b"\1\5"), chunk(b"IDAT", zlib.compress(rows, 1)), chunk(b"IEND", b"")
    found = opened(thumbnails(png(4400, 5000, 8, 0, *parts), [(100, 100)])[0])
    assert found.mode == "RGBA"
    assert 120 <= found.getpixel((40, 40))[3] <= 135


@pytest.mark.parametrize(
    ("values", "alpha"), [(1, [0, 255]), (2, [0, 0]), (3, [255, 255]), (302, [255, 255])]
)
def test_transparency_of_more_colours_than_the_palette_has_is_ignored(values: int, alpha: list[int]) -> None:
    parts = chunk(b"PLTE", bytes([*RED, *BLUE])), chunk(b"tRNS", bytes(values))
    assert [pixel[3] for pixel in _narrow(8, 3, b"\0\1", *parts)] == alpha


@pytest.mark.parametrize("size", [0, 4, 771, 1200])
def test_a_palette_of_an_impossible_length_is_refused_where_it_is_needed(size: int) -> None:
    with pytest.raises(Rejected, match="corrupt"):
        _narrow(8, 3, b"\0\1", chunk(b"PLTE", bytes(size)))
    assert _narrow(8, 2, b"\1\2\3\4\5\6", chunk(b"PLTE", bytes(size)))[0] == (1, 2, 3, 255)
