"""TIFF: accepted by parameter, the first page in every mode that has one meaning, and hostile files."""

from __future__ import annotations

import time

import pytest
from PIL import Image

from imagebus.recipes.model import Watermark
from imagebus_imaging import Limits, Rejected, describe, thumbnails, validate, watermark
from imagebus_imaging.formats.tiff import walk
from tests.hostile.base import Hostile
from tests.hostile.tiffs import FILES, PIXELS, Entry, directory, grey, page, pages, tiff
from tests.unit.imaging.pictures import (
    GREEN,
    SRGB,
    assert_quadrants,
    encoded,
    exif_with,
    near,
    opened,
    quadrants,
)

pytestmark = pytest.mark.usefixtures("no_child")

LIMITS = Limits(formats=frozenset(("TIFF",)))


def test_tiff_is_rejected_unless_asked_for() -> None:
    with pytest.raises(Rejected) as caught:
        validate(encoded(quadrants(), "TIFF"))
    assert (caught.value.code, caught.value.detail) == ("unsupported_format", "TIFF is not accepted")
    assert validate(encoded(quadrants(), "TIFF"), LIMITS).mime == "image/tiff"


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "CMYK", "YCbCr", "P"])
def test_every_mode_gives_its_colours(mode: str, compression: str | None) -> None:
    if (mode, compression) == ("P", "jpeg"):
        pytest.skip("JPEG has no palettes")
    data = encoded(quadrants().convert(mode), "TIFF", compression=compression)
    info = validate(data, LIMITS)
    assert (info.format, info.width, info.height, info.frames, info.orientation) == ("TIFF", 160, 96, 1, 1)
    (made,) = thumbnails(data, [(80, 80)])
    assert made.format == "JPEG"
    assert_quadrants(opened(made), 40 if mode == "P" else 16)
    assert watermark(data, Watermark(text="imagebus", format="png")).format == "PNG"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16", "I;16B"])
def test_grey_is_grey(mode: str) -> None:
    ramp = Image.linear_gradient("L").resize((64, 64))
    wide = mode.startswith("I")
    image = Image.frombytes(mode, (64, 64), _wide(ramp, mode)) if wide else ramp.convert(mode)
    data = encoded(image, "TIFF")
    assert validate(data, LIMITS).mode == mode
    found = opened(thumbnails(data, [(64, 64)], formats=["png"])[0]).convert("L")
    if mode == "1":
        assert (found.getpixel((5, 1)), found.getpixel((5, 62))) == (0, 255)
    else:
        assert all(abs(a - b) <= 1 for a, b in zip(found.tobytes(), ramp.tobytes(), strict=True))


def _wide(image: Image.Image, mode: str) -> bytes:
    order = "big" if mode.endswith("B") else "little"
    return b"".join((value << 8 | 17).to_bytes(2, order) for value in image.tobytes())


def test_the_first_page_is_shown_upright_with_its_profile_and_no_metadata() -> None:
    second = Image.new("RGB", (160, 96), GREEN)
    data = encoded(
        quadrants().transpose(Image.Transpose.ROTATE_90), "TIFF",
        exif=exif_with(6), icc_profile=SRGB, save_all=True, append_images=[second] * 2,
    )  # fmt: skip
    info = validate(data, LIMITS)
    assert (info.width, info.height, info.frames, info.orientation) == (160, 96, 3, 6)
    made = opened(thumbnails(data, [(80, 80)])[0])
    assert_quadrants(made, 16)
    assert not made.getexif()
    assert "icc_profile" not in made.info


def test_what_the_camera_wrote_is_read_and_nothing_else() -> None:
    at = 8 + len(PIXELS)
    head = page(64, 48, [8], [len(PIXELS)], (0x10F, 2, b"Maker\0"), (0x8769, 4, [0]), (0x8825, 4, [0]))
    below = at + len(directory(at, *head))
    shot = directory(below, (0x9003, 2, b"2026:07:14 18:21:05\0"), (0xA431, 2, b"serial number\0"))
    head = [
        (tag, kind, [below]) if tag in (0x8769, 0x8825) else (tag, kind, values) for tag, kind, values in head
    ]
    data = tiff(PIXELS + directory(at, *head) + shot, at)
    assert validate(data, LIMITS).trailer is None
    assert describe(data).exif == {"make": "Maker", "taken_at": "2026-07-14T18:21:05"}


@pytest.mark.parametrize("mode", ["F", "I", "LAB"])
def test_pixels_without_one_meaning_are_unsupported(mode: str) -> None:
    data = encoded(Image.new(mode, (64, 48)), "TIFF")
    with pytest.raises(Rejected, match="unsupported_format"):
        validate(data, LIMITS)
    with pytest.raises(Rejected, match="unsupported_format"):
        thumbnails(data, [(10, 10)])


def _samples(photometric: int, bits: list[int], *more: Entry) -> bytes:
    """Pixels of several samples, uncompressed and in separate planes."""
    size = 64 * 48 * bits[0] // 8
    pixels = bytes(size * len(bits))
    offsets = [8 + n * size for n in range(len(bits))]
    entries = page(
        64, 48, offsets, [size] * len(bits), (258, 3, bits), (262, 3, [photometric]),
        (277, 3, [len(bits)]), (278, 4, [48]), (284, 3, [2]), *more,
    )  # fmt: skip
    return tiff(pixels + directory(8 + len(pixels), *entries), 8 + len(pixels))


@pytest.mark.parametrize(
    "data",
    [
        _samples(2, [16] * 3),
        _samples(2, [64] * 3, (339, 3, [3] * 3)),
        _samples(5, [8] * 5, (338, 3, [2])),
    ],
    ids=["16-bit planes", "float planes", "CMYK with alpha"],
)
def test_pixels_that_pillow_reads_wrongly_or_not_at_all_are_unsupported(data: bytes) -> None:
    with pytest.raises(Rejected, match="unsupported_format"):
        validate(data, LIMITS)


def test_other_planes_are_read() -> None:
    assert validate(_samples(2, [8] * 3), LIMITS).mode == "RGB"
    assert validate(_samples(1, [16]), LIMITS).mode == "I;16"


def test_a_broken_later_page_is_no_reason_to_refuse_the_first() -> None:
    at = 8 + len(PIXELS)
    data = tiff(PIXELS + directory(at, *page(64, 48, [8], [len(PIXELS)]), following=1 << 30), at)
    assert validate(data, LIMITS).frames == 1
    assert validate(pages(20), LIMITS).frames == 20


def test_everything_that_is_not_a_pixel_is_searched() -> None:
    assert walk(grey(), LIMITS).metadata == ((8 + len(PIXELS), len(grey())),)
    info = validate(grey() + b"records of a scanner", LIMITS)
    assert info.trailer is not None
    assert (info.trailer.kind, info.trailer.bytes) == ("unknown", 20)


@pytest.mark.parametrize("hostile", FILES, ids=lambda hostile: hostile.name)
def test_a_hostile_tiff_ends_as_it_should(hostile: Hostile) -> None:
    data = hostile.make()
    started = time.process_time()
    try:
        validate(data, LIMITS)
        code = ""
    except Rejected as refusal:
        code = refusal.code
    assert code in hostile.codes
    assert time.process_time() - started < 2
    if not code:
        assert near(opened(thumbnails(data, [(9, 9)], formats=["png"])[0]).size, (9, 7), 9)
