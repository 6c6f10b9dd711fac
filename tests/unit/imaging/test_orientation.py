"""Rotated photos become upright, in every format."""

from __future__ import annotations

import struct

import pytest

from imagebus.recipes.model import Watermark
from imagebus_imaging import analysis_jpeg, describe, thumbnails, validate, watermark
from tests.hostile.base import chunk
from tests.unit.imaging.pictures import (
    assert_quadrants,
    encoded,
    exif_with,
    opened,
    quadrants,
    stored,
)

pytestmark = pytest.mark.usefixtures("no_child")

NO_MARK = Watermark(text="")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_all_eight_orientations_come_out_upright(image_format: str, orientation: int) -> None:
    data = encoded(stored(quadrants(), orientation), image_format, exif=exif_with(orientation))
    info = validate(data)
    assert (info.width, info.height, info.orientation) == (160, 96, orientation)
    small, same = thumbnails(data, [(80, 80), (160, 160)])
    assert (small.width, small.height) == (80, 48)
    assert (same.width, same.height) == (160, 96)
    for image in (small, same, watermark(data, NO_MARK)):
        assert_quadrants(opened(image))
    assert_quadrants(opened(analysis_jpeg(data).data))
    assert describe(data).properties["width"] == 160


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_heif_is_turned_once_and_not_twice(orientation: int) -> None:
    data = encoded(stored(quadrants(), orientation), "HEIF", exif=exif_with(orientation).tobytes())
    info = validate(data)
    assert (info.width, info.height) == (160, 96)
    (thumbnail,) = thumbnails(data, [(80, 80)])
    assert thumbnail.format == "JPEG"
    assert_quadrants(opened(thumbnail), tolerance=20)


def test_an_exif_chunk_behind_the_pixels_of_a_png_does_not_count() -> None:
    # One rule for the pixels, the size and the metadata, and it is the one of browsers, libvips and sharp.
    data = encoded(quadrants(), "PNG")
    tiff = exif_with(6)
    tiff[0x010F] = "Maker"
    data = data[:-12] + chunk(b"eXIf", tiff.tobytes()[6:]) + data[-12:]
    assert (validate(data).width, validate(data).orientation) == (160, 1)
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))
    assert describe(data).exif == {}


def test_a_text_chunk_with_a_raw_exif_profile_does_not_count() -> None:
    block = exif_with(6).tobytes()
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    data = encoded(quadrants(), "PNG")
    data = data[:33] + chunk(b"tEXt", b"Raw profile type exif\0" + text) + data[33:]
    assert (validate(data).width, validate(data).orientation) == (160, 1)
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))


@pytest.mark.parametrize("value", [0, 9, 65_535])
def test_an_impossible_orientation_is_no_orientation(value: int) -> None:
    data = encoded(quadrants(), "JPEG", exif=exif_with(value))
    assert validate(data).orientation == 1
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))


def test_a_broken_exif_block_is_no_reason_to_refuse_a_photograph() -> None:
    tiff = b"II*\0" + struct.pack("<IH", 8, 500) + b"\xff" * 40
    data = encoded(quadrants(), "JPEG", exif=b"Exif\0\0" + tiff)
    assert validate(data).orientation == 1
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))
    assert describe(data).exif == {}
