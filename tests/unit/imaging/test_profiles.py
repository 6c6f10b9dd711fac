"""The rule for colour: pixels in sRGB, no profile in any output."""

from __future__ import annotations

import pytest
from PIL import Image, ImageCms

from imagebus.recipes.model import Watermark
from imagebus_imaging import thumbnails, validate, watermark
from imagebus_imaging.icc import is_srgb
from tests.unit.imaging.pictures import (
    DISPLAY_P3,
    SRGB,
    assert_quadrants,
    encoded,
    near,
    opened,
    profile,
    quadrants,
)

# Display P3 (200, 100, 50), and the same colour in sRGB: by the matrices of both, D65.
P3_COLOUR, SAME_IN_SRGB = (200, 100, 50), (214, 95, 33)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_display_p3_image_is_converted_to_srgb(image_format: str) -> None:
    data = encoded(Image.new("RGB", (200, 100), P3_COLOUR), image_format, icc_profile=DISPLAY_P3)
    assert validate(data).mode == "RGB"
    for derived in (*thumbnails(data, [(100, 100)]), watermark(data, Watermark(text=""))):
        image = opened(derived)
        assert "icc_profile" not in image.info
        assert near(image.getpixel((20, 20)), SAME_IN_SRGB, 6), image.getpixel((20, 20))


def test_alpha_survives_the_conversion() -> None:
    image = Image.new("RGBA", (200, 100), (*P3_COLOUR, 100))
    found = opened(thumbnails(encoded(image, "PNG", icc_profile=DISPLAY_P3), [(100, 100)])[0])
    assert near(found.getpixel((20, 20)), (*SAME_IN_SRGB, 100), 3)


@pytest.mark.parametrize("icc", [None, b"", b"not a profile" * 30, SRGB])
def test_without_a_usable_profile_pixels_are_srgb_already(icc: bytes | None) -> None:
    data = encoded(quadrants(), "JPEG", icc_profile=icc)
    image = opened(thumbnails(data, [(80, 80)])[0])
    assert_quadrants(image)
    assert "icc_profile" not in image.info


def test_a_profile_for_another_kind_of_pixel_is_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for mode in ("RGB", "L", "CMYK"):
        data = encoded(quadrants().convert(mode), "JPEG", icc_profile=lab)
        assert opened(thumbnails(data, [(80, 80)])[0]).size == (80, 48)


def test_srgb_is_known_by_its_numbers_and_not_by_its_name() -> None:
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert is_srgb(made)
    assert is_srgb(SRGB)
    assert not is_srgb(DISPLAY_P3)
    assert not is_srgb(DISPLAY_P3.replace(b"test\0", b"sRGB\0"))
    linear = profile(((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142)), (1.0,))
    assert not is_srgb(linear)
    assert not any(is_srgb(made[:end]) for end in range(0, 140, 7))
