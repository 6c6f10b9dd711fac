"""Variants: what each fit and focus shows of an image, and at which size, in all formats from one decode."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image

from imagebus.recipes.missing import outputs
from imagebus.recipes.model import Fit, Recipe, Variant
from imagebus_imaging import Derived, derive, deriving
from imagebus_imaging.focus import Face
from imagebus_imaging.geometry import enclosing, shape_of
from tests.unit.imaging.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    assert_quadrants,
    encoded,
    exif_with,
    near,
    opened,
    quadrants,
    stored,
)

SIDE = st.integers(1, 5000)
TEAL = (0, 128, 128)


def made(data: bytes, *variants: Variant, faces: Sequence[Face] = ()) -> list[Derived]:
    """One output per variant and format, named after the variant's number."""
    recipe = Recipe(variants={f"{number:03}": variant for number, variant in enumerate(variants)})
    # As they are given here: a recipe lists its variants from small to large.
    wanted = sorted(outputs(recipe, "", 1, "1"), key=lambda output: output.name)
    return derive(data, wanted, faces=faces)


def picture(image: Image.Image, faces: Sequence[Face] = (), **settings: Any) -> Image.Image:
    (derived,) = made(encoded(image, "PNG"), Variant(**{"formats": ("png",), **settings}), faces=faces)
    found = opened(derived)
    assert found.size == (derived.width, derived.height)
    return found


# --- sizes -------------------------------------------------------------------------------------------------


@given(SIDE, SIDE, SIDE, SIDE)
def test_inside_keeps_the_shape_and_touches_the_box_or_is_the_source(w: int, h: int, x: int, y: int) -> None:
    shape = shape_of(Variant(width=x, height=y), w, h)
    assert shape.scaled == shape.size
    width, height = shape.size
    assert 1 <= width <= min(w, x)
    assert 1 <= height <= min(h, y)
    assert width in (x, w) or height in (y, h)
    assert width == 1 or height == 1 or abs(width / w - height / h) <= 0.5 / w + 0.5 / h


@given(SIDE, SIDE, SIDE)
def test_one_side_leaves_the_other_free(w: int, h: int, side: int) -> None:
    wide, high = shape_of(Variant(width=side), w, h).size, shape_of(Variant(height=side), w, h).size
    assert wide[0] == min(side, w)
    assert high[1] == min(side, h)
    assert abs(wide[1] - max(1, h * wide[0] / w)) <= 0.5
    assert abs(high[0] - max(1, w * high[1] / h)) <= 0.5


@given(SIDE, SIDE, SIDE, SIDE)
def test_cover_is_the_box_or_the_largest_crop_of_its_shape(w: int, h: int, x: int, y: int) -> None:
    shape = shape_of(Variant(width=x, height=y, fit="cover"), w, h)
    (width, height), (scaled_x, scaled_y) = shape.size, shape.scaled
    assert 1 <= width <= scaled_x <= w
    assert 1 <= height <= scaled_y <= h
    if w >= x and h >= y:
        assert shape.size == (x, y)
        assert width == scaled_x or height == scaled_y
    else:
        assert shape.scaled == (w, h)
        assert width == w or height == h
        assert abs(width - max(1, height * x / y)) <= 0.5 or abs(height - max(1, width * y / x)) <= 0.5


@given(SIDE, SIDE, SIDE, SIDE)
def test_contain_and_exact_have_the_size_of_the_box(w: int, h: int, x: int, y: int) -> None:
    contain = shape_of(Variant(width=x, height=y, fit="contain"), w, h)
    assert contain.size == (x, y)
    assert contain.scaled == shape_of(Variant(width=x, height=y), w, h).size
    exact = shape_of(Variant(width=x, height=y, fit="exact"), w, h)
    assert exact.size == exact.scaled == (x, y)


@given(SIDE, SIDE, st.lists(st.tuples(SIDE, SIDE, st.sampled_from(["inside", "cover", "exact"])), min_size=1))
def test_one_decode_is_large_enough_for_all(w: int, h: int, boxes: list[tuple[int, int, Fit]]) -> None:
    sizes = [shape_of(Variant(width=x, height=y, fit=fit), w, h).scaled for x, y, fit in boxes]
    width, height = enclosing(sizes, w, h)
    assert 1 <= width <= w
    assert 1 <= height <= h
    assert all(width >= min(x, w) and height >= min(y, h) for x, y in sizes)


def test_an_encoder_is_not_asked_for_more_than_it_can_write() -> None:
    data = encoded(Image.new("L", (40, 20_000), 90), "PNG")
    jpeg, webp = made(data, Variant(width=40, formats=("jpeg", "webp")))
    assert (jpeg.width, jpeg.height) == (40, 20_000)
    assert (webp.width, webp.height) == (33, 16_383)
    for fit, sides in (("cover", (16_384, 10)), ("contain", (10, 16_384)), ("exact", (5001, 5000))):
        with pytest.raises(ValueError, match=f"fit: {fit} has"):
            Variant(width=sides[0], height=sides[1], fit=fit)  # type: ignore[arg-type]  # one of them


@pytest.mark.parametrize("fit", ["inside", "cover", "contain", "exact"])
@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (33, 17), (5, 7)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_every_fit_of_every_shape_and_mode(mode: str, size: tuple[int, int], fit: Fit) -> None:
    image = Image.new("RGB", size, TEAL).convert(mode)
    boxes = [(1, 1), (9, 5), (5, 9), (32, 16), (301, 3), (64, 64)]
    variants = [Variant(width=w, height=h, fit=fit, formats=("png", "jpeg")) for w, h in boxes]
    wanted = [shape_of(variant, *size).size for variant in variants for _ in variant.formats]
    found = made(encoded(image, "PNG"), *variants)
    assert [(each.width, each.height) for each in found] == wanted
    assert [opened(each).size for each in found] == wanted


# --- pixels ------------------------------------------------------------------------------------------------


def test_cover_shows_the_middle() -> None:
    image = Image.new("RGB", (300, 100), RED)
    image.paste(GREEN, (100, 0, 200, 100))
    found = picture(image, width=50, height=50, fit="cover")
    assert found.size == (50, 50)
    assert all(near(found.getpixel(at), GREEN) for at in ((3, 3), (46, 3), (25, 25), (3, 46), (46, 46)))


def test_contain_shows_everything_on_its_background() -> None:
    found = picture(quadrants(160, 80), width=100, height=100, fit="contain", background="#008080")
    assert_quadrants(found.crop((0, 25, 100, 75)))
    assert found.getpixel((50, 24)) == found.getpixel((50, 75)) == TEAL
    small = picture(quadrants(20, 10), width=100, height=100, fit="contain", background="#008080")
    assert_quadrants(small.crop((40, 45, 60, 55)))
    assert small.getpixel((39, 50)) == small.getpixel((60, 50)) == TEAL


def test_contain_puts_the_background_behind_transparent_pixels_in_every_format() -> None:
    image = Image.new("RGBA", (100, 50), (255, 0, 0, 0))
    image.paste((*BLUE, 255), (0, 0, 50, 50))
    variant = Variant(
        width=80, height=80, fit="contain", background="#008080", formats=("png", "webp", "jpeg", "avif")
    )
    for each in made(encoded(image, "PNG"), variant):
        found = opened(each)
        assert found.mode == "RGB", each.format
        assert near(found.getpixel((60, 40)), TEAL), each.format
        assert near(found.getpixel((20, 40)), BLUE, 20), each.format
        assert near(found.getpixel((40, 5)), TEAL), each.format


def test_contain_keeps_grey_on_grey() -> None:
    image = Image.new("L", (100, 50), 90)
    assert picture(image, width=80, height=80, fit="contain").mode == "L"
    coloured = picture(image, width=80, height=80, fit="contain", background="#008080")
    assert (coloured.mode, coloured.getpixel((0, 0)), coloured.getpixel((40, 40))) == ("RGB", TEAL, (90,) * 3)


def test_exact_is_distorted_and_alone_enlarges() -> None:
    assert_quadrants(picture(quadrants(160, 96), width=40, height=200, fit="exact"))
    assert picture(quadrants(20, 10), width=40, height=200, fit="exact").size == (40, 200)
    assert picture(quadrants(20, 10), width=40, height=200).size == (20, 10)


def test_transparency_is_kept_where_the_format_has_it() -> None:
    image = quadrants().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 0))
    image.paste((*RED, 255), (40, 0, 120, 96))
    for each in made(
        encoded(image, "PNG"), Variant(width=48, height=48, fit="cover", formats=("webp", "png"))
    ):
        assert opened(each).convert("RGBA").getpixel((1, 20))[3] <= 3
    (jpeg,) = made(
        encoded(image, "PNG"),
        Variant(width=48, height=48, fit="cover", formats=("jpeg",), background="#008080"),
    )
    assert near(opened(jpeg).getpixel((1, 20)), TEAL, 20)


# --- one decode, one scaled image --------------------------------------------------------------------------


def test_one_decode_and_one_scaled_image_serve_every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    decodes, scaled = [], []
    load, in_turn = deriving.load_scaled, deriving.scale_in_turn
    monkeypatch.setattr(deriving, "load_scaled", lambda *a, **k: decodes.append(1) or load(*a, **k))
    monkeypatch.setattr(deriving, "scale_in_turn", lambda *a: scaled.extend(a[1]) or in_turn(*a))
    variants = [Variant(width=w, height=w, formats=("jpeg", "webp", "png", "avif")) for w in (80, 40)]
    square = Variant(width=40, height=40, fit="cover", formats=("jpeg", "webp"), focus="entropy")
    found = made(encoded(quadrants(), "JPEG"), *variants, square, variants[0])
    assert len(decodes) == 1
    assert sorted(scaled) == [(40, 24), (67, 40), (80, 48)]
    assert [each.format for each in found[:4]] == ["JPEG", "WEBP", "PNG", "AVIF"]
    assert found[0].data == found[-4].data


def test_linear_and_usual_light_from_one_decode() -> None:
    # Fine black and white lines are half as bright in light, and darker by their numbers.
    image = Image.new("L", (400, 400))
    for x in range(0, 400, 2):
        image.paste(255, (x, 0, x + 1, 400))
    sizes = {"width": 50, "height": 50, "formats": ("png",)}
    usual, linear = made(encoded(image, "PNG"), Variant(**sizes), Variant(linear=True, **sizes))
    assert near((opened(usual).getpixel((25, 25)),), (128,), 4)
    assert near((opened(linear).getpixel((25, 25)),), (188,), 4)


def test_quality_is_that_of_the_format_written() -> None:
    noise = Image.frombytes("L", (400, 400), random.Random(1).randbytes(160_000))
    data = encoded(noise, "JPEG")
    size = {"width": 400, "height": 400}
    usual, low = made(data, Variant(**size), Variant(quality={"jpeg": 30}, **size))
    assert len(low.data) < 0.6 * len(usual.data)
    jpeg, webp = made(data, Variant(quality={"webp": 10}, formats=("jpeg", "webp"), **size))
    assert jpeg.data == usual.data
    (default,) = made(data, Variant(formats=("webp",), **size))
    assert len(webp.data) < 0.6 * len(default.data)
    # So the ids of different bytes differ, whether or not the format is named.
    ids = {Variant(quality={"jpeg": q}, **size).output_id("source", "1") for q in (30, 85)}
    assert len(ids) == 2


def test_sharpening_raises_edges_by_degree_and_leaves_areas_and_alpha() -> None:
    image = Image.new("L", (64, 64), 90)
    image.paste(160, (32, 0, 64, 64))

    def edge(percent: int, source: Image.Image = image) -> Image.Image:
        return picture(source, width=64, height=64, sharpen=percent)

    contrasts = [found.getpixel((32, 9)) - found.getpixel((31, 9)) for found in map(edge, (0, 50, 100, 200))]
    assert contrasts == sorted(set(contrasts))
    assert edge(200).getpixel((5, 5)) == 90
    clear = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    clear.paste((200, 100, 50, 255), (16, 16, 48, 48))
    found = edge(200, clear)
    assert found.getchannel("A").tobytes() == clear.getchannel("A").tobytes()
    assert near(found.getpixel((16, 20)), (200, 100, 50, 255), 3), (
        "what is transparent does not light up the edge"
    )


# --- animations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("image_format", ["GIF", "WEBP"])
def test_an_animation_is_cropped_and_padded_in_every_frame(image_format: str) -> None:
    frames = [Image.new("RGB", (120, 80), colour) for colour in (RED, GREEN, BLUE)]
    for frame in frames:
        frame.paste(WHITE, (0, 0, 40, 80))
    data = encoded(frames[0], image_format, save_all=True, append_images=frames[1:], duration=80)
    cover = Variant(width=40, height=40, fit="cover", focus="faces", animated=True, quality={"webp": 100})
    contain = Variant(width=60, height=60, fit="contain", background="#008080", animated=True)
    still = Variant(width=60, height=40, animated=True, formats=("jpeg",))
    found = made(data, cover, contain, still, faces=[(0.9, 0.2, 0.1, 0.1)])
    assert len(found[0].data) > len(
        made(data, replace(cover, quality={}), faces=[(0.9, 0.2, 0.1, 0.1)])[0].data
    )
    assert [(each.format, each.width, each.height, each.frames) for each in found] == [
        ("WEBP", 40, 40, 3),
        ("WEBP", 60, 60, 3),
        ("JPEG", 60, 40, 1),
    ]
    cropped, padded = opened(found[0]), opened(found[1])
    for number, colour in enumerate((RED, GREEN, BLUE)):
        cropped.seek(number)
        assert near(cropped.convert("RGB").getpixel((3, 20)), colour, 20)
        padded.seek(number)
        assert near(padded.convert("RGB").getpixel((40, 30)), colour, 20)
        assert near(padded.convert("RGB").getpixel((30, 3)), TEAL, 20)


@pytest.mark.parametrize("orientation", [3, 6])
def test_an_animation_is_upright(orientation: int) -> None:
    frames = [stored(quadrants(), orientation), stored(quadrants().rotate(180), orientation)]
    data = encoded(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=80, exif=exif_with(orientation)
    )
    (found,) = made(data, Variant(width=80, height=80, animated=True))
    assert (found.frames, found.width, found.height) == (2, 80, 48)
    assert_quadrants(opened(found), tolerance=24)


def test_nothing_is_nothing() -> None:
    assert derive(b"", []) == []
