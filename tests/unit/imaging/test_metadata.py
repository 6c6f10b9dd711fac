"""What an event may contain about an image."""

from __future__ import annotations

import base64
import random

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from imagebus_imaging import analysis_jpeg, describe
from imagebus_imaging.hashes import dominant_colours, perceptual_hash, thumbhash
from tests.unit.imaging.pictures import BLUE, RED, encoded, exif_with, near, opened, quadrants


def _gradient(mode: str = "RGB") -> Image.Image:
    """An image made by arithmetic, so that its hashes can be compared with other implementations."""
    pixels = [
        ((x * 5) % 256, (y * 7) % 256, (x * y) % 256, (x * x + y * 3) % 256)
        for y in range(64)
        for x in range(96)
    ]
    image = Image.frombytes("RGBA", (96, 64), b"".join(map(bytes, pixels)))
    return image if mode == "RGBA" else image.convert("RGB")


def test_properties_are_of_the_image_as_displayed() -> None:
    data = encoded(quadrants(), "JPEG", exif=exif_with(6), dpi=(300, 150))
    assert describe(data).properties == {
        "width": 96,
        "height": 160,
        "format": "JPEG",
        "mode": "RGB",
        "has_alpha": False,
        "orientation": 6,
        "has_profile": False,
        "dpi_x": 300.0,
        "dpi_y": 150.0,
    }


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_exif_of_the_shot_is_read(image_format: str) -> None:
    exif = exif_with()
    exif[0x010F], exif[0x0110] = "Imagebus\0 ", "Sample <b>Camera</b>"
    exif.get_ifd(0x8769).update(
        {
            0x829A: IFDRational(1, 250),
            0x829D: IFDRational(28, 10),
            0x8827: 200,
            0x9003: "2026:07:14 18:21:05",
            0x9011: "+02:00",
            0x920A: IFDRational(50),
            0xA434: "Sample 50mm",
            0xA431: "SERIAL-1",
        }
    )
    block = exif.tobytes() if image_format == "HEIF" else exif
    found = describe(encoded(quadrants(), image_format, exif=block)).exif
    assert found == {
        "make": "Imagebus",
        "model": "Sample <b>Camera</b>",
        "exposure_time": 0.004,
        "f_number": 2.8,
        "iso": 200,
        "taken_at": "2026-07-14T18:21:05",
        "taken_at_offset": "+02:00",
        "focal_length_mm": 50.0,
        "lens_model": "Sample 50mm",
    }


def test_nonsense_in_exif_is_left_out() -> None:
    exif = exif_with()
    exif[0x010F] = "x" * 5000
    exif[0x0110] = "\x01\x02\x7f"
    exif.get_ifd(0x8769).update(
        {0x829A: IFDRational(1, 0), 0x9003: "yesterday", 0x8827: 2**32 - 1, 0x9011: "noon"}
    )
    assert describe(encoded(quadrants(), "JPEG", exif=exif)).exif == {"make": "x" * 100}


def test_dominant_colours_come_most_frequent_first() -> None:
    image = Image.new("RGB", (100, 100), RED)
    image.paste(BLUE, (0, 0, 100, 30))
    first, second = dominant_colours(image)[:2]
    assert near(tuple(bytes.fromhex(first[1:])), RED)
    assert near(tuple(bytes.fromhex(second[1:])), BLUE)


def test_transparent_pixels_have_no_colour() -> None:
    image = Image.new("RGBA", (100, 100), (0, 255, 0, 0))
    assert dominant_colours(image) == []
    image.paste((*BLUE, 255), (0, 0, 10, 10))
    assert near(tuple(bytes.fromhex(dominant_colours(image)[0][1:])), BLUE)


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("RGB", "dd070a0d8a549059747777737717777a53b610c3f8"),
        ("RGBA", "de07860b840754a085888330b710c4f8767420228537b9"),
    ],
)
def test_thumbhash_is_the_reference_implementations(mode: str, wanted: str) -> None:
    assert thumbhash(_gradient(mode)).hex() == wanted


def test_the_perceptual_hash_is_imagehashs() -> None:
    assert perceptual_hash(_gradient()) == "8c00050f9f9f3f3e"


def test_near_images_have_near_hashes_and_others_do_not() -> None:
    seeded = random.Random(3)
    other = Image.frombytes("RGB", (8, 8), seeded.randbytes(192)).resize((400, 300), Image.Resampling.BICUBIC)
    one = describe(encoded(_gradient().resize((400, 300)), "JPEG", quality=95)).phash
    near_one = describe(encoded(_gradient().resize((300, 225)), "WEBP", quality=60)).phash
    far = describe(encoded(other, "JPEG")).phash

    def distance(a: str, b: str) -> int:
        return (int(a, 16) ^ int(b, 16)).bit_count()

    assert len(one) == 16
    assert distance(one, near_one) <= 8
    assert distance(one, far) >= 16


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_every_format_is_described(image_format: str) -> None:
    found = describe(encoded(quadrants(), image_format))
    assert (found.properties["format"], found.properties["width"]) == (image_format, 160)
    assert 5 <= len(base64.b64decode(found.thumbhash)) <= 30
    assert 1 <= len(found.dominant_colors) <= 5
    assert all(len(colour) == 7 for colour in found.dominant_colors)


def test_the_label_detector_gets_a_small_upright_jpeg() -> None:
    image = Image.new("RGBA", (3000, 1500), (200, 0, 0, 0))
    made = analysis_jpeg(encoded(image, "PNG"), max_side=600)
    sent = opened(made.data)
    assert (sent.format, sent.mode, sent.size) == ("JPEG", "RGB", (600, 300))
    assert near(sent.getpixel((9, 9)), (255, 255, 255))
    assert made.share == (1.0, 1.0)


@pytest.mark.parametrize(
    ("size", "sent_size", "share"),
    [
        ((64, 40), (80, 80), (0.8, 0.5)),
        ((3000, 150), (1280, 80), (1.0, 0.8)),
        ((40, 2000), (80, 1280), (26 / 80, 1.0)),
        ((1, 1), (80, 80), (1 / 80, 1 / 80)),
        ((80, 80), (80, 80), (1.0, 1.0)),
    ],
)
def test_a_side_that_is_too_short_is_padded_at_the_right_and_the_bottom(
    size: tuple[int, int], sent_size: tuple[int, int], share: tuple[float, float]
) -> None:
    made = analysis_jpeg(encoded(Image.new("RGB", size, (200, 0, 0)), "PNG"), min_side=80)
    sent = opened(made.data)
    assert sent.size == sent_size
    assert made.share == share
    if min(size) > 16:  # smaller than that, the JPEG blurs the picture and its padding
        assert near(sent.getpixel((0, 0)), (200, 0, 0))
    if share != (1.0, 1.0):
        assert near(sent.getpixel((sent.width - 1, sent.height - 1)), (255, 255, 255))
