"""The mark is readable on anything, stays inside the image, and changes nothing else."""

from __future__ import annotations

import base64
from typing import get_args

import pytest
from PIL import Image, ImageChops

from imagebus.recipes.model import Position, Watermark
from imagebus_imaging import watermark
from tests.unit.imaging.pictures import encoded, near, opened


def _plain(colour: object, size: tuple[int, int] = (600, 400), mode: str = "RGB") -> bytes:
    return encoded(Image.new(mode, size, colour), "PNG")  # type: ignore[arg-type]


def _marked_box(colour: tuple[int, int, int], spec: Watermark) -> tuple[int, int, int, int]:
    image = opened(watermark(_plain(colour), spec))
    box = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, colour)).getbbox()
    assert box is not None, "nothing was marked"
    return box


@pytest.mark.parametrize("position", get_args(Position))
def test_the_mark_is_where_it_was_asked_for_and_inside(position: Position) -> None:
    left, top, right, bottom = _marked_box((128, 128, 128), Watermark(text="© imagebus", position=position))
    assert left >= 5
    assert top >= 5
    assert right <= 595
    assert bottom <= 395
    x, y = (left + right) / 2, (top + bottom) / 2
    assert (x < 200) == ("left" in position)
    assert (x > 400) == ("right" in position)
    assert (y < 133) == ("top" in position)
    assert (y > 267) == ("bottom" in position)


@pytest.mark.parametrize("scale", [0.1, 0.25, 0.5, 1.0])
def test_the_mark_is_as_wide_as_asked_for(scale: float) -> None:
    left, _, right, _ = _marked_box(
        (128, 128, 128), Watermark(text="imagebus", scale=scale, position="center")
    )
    assert abs((right - left) / 600 - scale) < 0.03


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0)])
def test_the_mark_stands_out_on_dark_and_on_light(colour: tuple[int, int, int]) -> None:
    image = opened(watermark(_plain(colour), Watermark(text="imagebus", opacity=1.0))).convert("L")
    low, high = image.getextrema()
    assert high - low > 100  # type: ignore[operator]


def test_opacity_is_how_much_of_the_mark_is_seen() -> None:
    def contrast(opacity: float) -> int:
        image = opened(watermark(_plain((0, 0, 0)), Watermark(text="imagebus", opacity=opacity)))
        return max(image.convert("L").tobytes())

    assert contrast(0) == 0
    assert abs(contrast(0.5) - 128) <= 2
    assert contrast(1) == contrast(7) == 255


@pytest.mark.parametrize("size", [(1, 1), (2, 300), (300, 2), (17, 11), (5000, 60)])
@pytest.mark.parametrize(
    "spec",
    [
        Watermark(text="imagebus"),
        Watermark(text="x" * 500, scale=5, opacity=1),
        Watermark(text="imagebus", scale=-1),
    ],
)
def test_a_mark_on_a_tiny_or_thin_image_is_clamped(size: tuple[int, int], spec: Watermark) -> None:
    derived = watermark(_plain((9, 9, 9), size), spec)
    assert max(derived.width, derived.height) == min(max(size), 2048)


@pytest.mark.parametrize(
    ("mode", "colour", "kept"),
    [
        ("RGB", (90, 90, 90), "RGB"),
        ("RGBA", (90, 90, 90, 128), "RGBA"),
        ("L", 90, "L"),
        ("LA", (90, 128), "RGBA"),
        ("P", 3, "RGB"),
        ("1", 0, "L"),
        ("I;16", 20_000, "L"),
    ],
)
def test_every_mode_can_be_marked(mode: str, colour: object, kept: str) -> None:
    image = opened(watermark(_plain(colour, mode=mode), Watermark(text="imagebus", opacity=1)))
    assert image.mode == kept
    assert image.getpixel((2, 2)) != image.getpixel((490, 380)) or len(set(image.tobytes())) > 1


def test_the_image_is_at_most_max_side_and_never_enlarged() -> None:
    assert watermark(_plain((1, 2, 3), (3000, 1500)), Watermark(text="imagebus", max_side=1000)).width == 1000
    assert watermark(_plain((1, 2, 3), (300, 150)), Watermark(text="imagebus", max_side=1000)).width == 300


def test_a_logo_is_stamped_with_its_own_colours_and_transparency() -> None:
    logo = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    logo.paste((255, 0, 0, 255), (0, 0, 50, 50))
    spec = Watermark(
        logo=base64.b64encode(encoded(logo, "PNG")).decode(), position="top-left", opacity=1, scale=0.5
    )
    for mode in ("RGB", "L"):
        image = opened(watermark(_plain((9, 9, 9) if mode == "RGB" else 9, mode=mode), spec))
        assert near(image.getpixel((60, 60)), (255, 0, 0), 3)
        assert near(image.getpixel((260, 60)), (9, 9, 9), 3)


def test_a_logo_that_is_none_is_refused() -> None:
    for logo in ("not base64", base64.b64encode(b"not a png").decode()):
        with pytest.raises(ValueError, match="the logo is not a PNG"):
            watermark(_plain((9, 9, 9)), Watermark(logo=logo))


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_text_is_no_mark(text: str) -> None:
    image = opened(watermark(_plain((9, 9, 9)), Watermark(text=text)))
    assert set(image.tobytes()) == {9}
