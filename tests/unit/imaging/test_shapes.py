"""Sizes and boxes: shape kept, never enlarged, never empty."""

from __future__ import annotations

import hashlib

import pytest
from PIL import Image

from imagebus.recipes.model import Watermark
from imagebus_imaging import describe, thumbnails, validate, watermark
from tests.unit.imaging.pictures import assert_quadrants, encoded, opened, quadrants

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"]
BOXES = [(1280, 1280), (640, 480), (320, 320), (100, 100)]


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_one_pixel_goes_all_the_way(image_format: str) -> None:
    data = encoded(Image.new("RGB", (1, 1), (9, 200, 9)), image_format)
    assert (validate(data).width, validate(data).height) == (1, 1)
    assert {(t.width, t.height) for t in thumbnails(data, BOXES)} == {(1, 1)}
    assert (watermark(data, Watermark(text="imagebus")).width, describe(data).properties["width"]) == (1, 1)


@pytest.mark.parametrize("size", [(1, 10_000), (10_000, 1), (3, 9_999)])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_hairline_keeps_its_length_and_never_vanishes(image_format: str, size: tuple[int, int]) -> None:
    data = encoded(Image.new("RGB", size, (9, 200, 9)), image_format)
    for box, made in zip(BOXES, thumbnails(data, BOXES), strict=True):
        assert min(made.width, made.height) >= 1
        assert made.width <= box[0]
        assert made.height <= box[1]
        assert max(made.width / box[0], made.height / box[1]) == 1
    marked = watermark(data, Watermark(text="imagebus"))
    assert max(marked.width, marked.height) == 2048


@pytest.mark.parametrize("image_format", FORMATS)
def test_thumbnails_fit_their_boxes_in_the_order_asked_for(image_format: str) -> None:
    data = encoded(quadrants(1000, 600), image_format)
    made = thumbnails(data, [(100, 100), (5000, 5000), (640, 480), (100, 100)])
    assert [t.name for t in made] == ["100x100", "5000x5000", "640x480", "100x100"]
    assert [(t.width, t.height) for t in made] == [(100, 60), (1000, 600), (640, 384), (100, 60)]
    for thumbnail in made:
        image = opened(thumbnail)
        assert image.size == (thumbnail.width, thumbnail.height)
        assert image.format == thumbnail.format
        assert hashlib.sha256(thumbnail.data).hexdigest() == thumbnail.sha256
        assert_quadrants(image, tolerance=24)


def test_gif_gives_png_and_heif_gives_jpeg_and_the_rest_stay_what_they_are() -> None:
    found = {name: thumbnails(encoded(quadrants(), name), [(50, 50)])[0] for name in FORMATS}
    assert {name: (made.format, made.extension, made.mime) for name, made in found.items()} == {
        "JPEG": ("JPEG", "jpg", "image/jpeg"),
        "PNG": ("PNG", "png", "image/png"),
        "WEBP": ("WEBP", "webp", "image/webp"),
        "GIF": ("PNG", "png", "image/png"),
        "AVIF": ("AVIF", "avif", "image/avif"),
        "HEIF": ("JPEG", "jpg", "image/jpeg"),
    }


@pytest.mark.parametrize("wanted", ["webp", "avif", "jpeg", "png", "source"])
def test_the_output_format_is_a_parameter(wanted: str) -> None:
    (made,) = thumbnails(encoded(quadrants(), "JPEG"), [(50, 50)], formats=[wanted])
    assert made.format == ("JPEG" if wanted == "source" else wanted.upper())


def test_an_unknown_output_format_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="cannot write 'tiff'"):
        thumbnails(encoded(quadrants(), "JPEG"), [(50, 50)], formats=["tiff"])


def test_the_same_bytes_give_the_same_thumbnails() -> None:
    data = encoded(quadrants(1000, 600), "JPEG")
    assert thumbnails(data, BOXES) == thumbnails(data, BOXES)


def test_a_large_jpeg_looks_like_a_full_decode() -> None:
    # The draft decode and the chain must not shift or blur: compare with one filter on all pixels.
    image = quadrants(4000, 3000)
    for at in range(0, 4000, 250):
        image.paste((at % 255, 90, 30), (at, 1000, at + 125, 2000))
    data = encoded(image, "JPEG")
    (made,) = thumbnails(data, [(400, 400)])
    wanted = image.resize((400, 300), Image.Resampling.LANCZOS)
    differences = [abs(a - b) for a, b in zip(opened(made).tobytes(), wanted.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 2.5
