"""Where `cover` crops: around the centre, what there is most to see of, or faces."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from PIL import Image, ImageChops, ImageDraw

from imagebus.recipes.model import Variant
from imagebus_imaging.focus import Face
from tests.unit.imaging.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    encoded,
    exif_with,
    near,
    opened,
    quadrants,
    stored,
)
from tests.unit.imaging.test_variants import made, picture


def scene(at: int, size: tuple[int, int] = (600, 200)) -> Image.Image:
    """Lines of many greys in a square, on a plain ground."""
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    for n in range(100):
        grey = n * 2
        draw.line((at + n, 50, at + 99 - n, 150), fill=(grey, grey, grey))
    return image


@pytest.mark.parametrize("at", [0, 100, 250, 400, 500])
def test_entropy_finds_where_there_is_most_to_see(at: int) -> None:
    found = picture(scene(at), width=100, height=100, fit="cover", focus="entropy")
    shown = ImageChops.invert(found.convert("L")).point(lambda v: 255 * (v > 30)).getbbox()
    assert shown is not None
    assert shown[2] - shown[0] >= 48, "all of the square, at half its size"
    high = scene(at).transpose(Image.Transpose.ROTATE_270)
    turned = picture(high, width=80, height=80, fit="cover", focus="entropy")
    assert turned.convert("L").entropy() > 2


def test_entropy_of_nothing_is_the_centre() -> None:
    for image in (Image.new("L", (300, 100), 90), Image.new("RGBA", (300, 100), (0, 0, 0, 0))):
        image.paste(91 if image.mode == "L" else (0, 0, 0, 0), (140, 40, 160, 60))
        settings = {"width": 100, "height": 100, "fit": "cover"}
        centre = picture(image, **settings)
        assert picture(image, focus="entropy", **settings).tobytes() == centre.tobytes()


def test_entropy_is_of_what_is_seen() -> None:
    image = Image.new("RGBA", (240, 80), (9, 9, 9, 255))
    hidden = Image.frombytes("L", (80, 80), random.Random(1).randbytes(6400))
    image.paste(Image.merge("RGBA", (hidden, hidden, hidden, Image.new("L", (80, 80), 0))), (0, 0))
    image.paste(Image.linear_gradient("L").resize((80, 80)), (160, 0))
    found = picture(image, width=80, height=80, fit="cover", focus="entropy")
    assert found.getchannel("A").getextrema() == (255, 255)


def columns(found: Image.Image) -> tuple[int, int]:
    """The part of the ramp that is shown, in thousandths."""
    values = [found.getpixel((x, found.height // 2)) for x in (0, found.width - 1)]
    return round(values[0] / 0.255), round(values[1] / 0.255)


def ramp(width: int = 1000, height: int = 100) -> Image.Image:
    return Image.linear_gradient("L").rotate(90).resize((width, height))


@pytest.mark.parametrize(
    ("faces", "middle"),
    [
        ([(0.1, 0.2, 0.1, 0.5)], 150),
        ([(0.85, 0.2, 0.1, 0.5)], 900),
        ([(0.0, 0.2, 0.05, 0.5)], 100),  # no further than the edge
        ([(0.1, 0.2, 0.05, 0.5), (0.8, 0.2, 0.1, 0.5)], 850),  # the larger one
        ([(0.1, 0.2, 0.1, 0.5), (0.6, 0.2, 0.08, 0.5), (0.7, 0.2, 0.08, 0.5)], 690),  # more, together
        ([(0.2, 0.0, 0.4, 1.0), (0.9, 0.0, 0.01, 0.1)], 905),  # what can be held at all
        ([(0.1, 0.1, 0.1, 0.8), (0.6, 0.2, 0.03, 0.2), (0.7, 0.2, 0.03, 0.2)], 150),  # by area, not by number
        ([(0.2, 0.0, 0.4, 1.0)], 400),  # larger than the crop: its middle
        ([(0.1, 0.0, 0.3, 0.5), (0.6, 0.0, 0.4, 1.0)], 800),
        ([(-0.1, 0.2, 0.2, 0.5), (0.5, 0.5, 0.0, 0.5), (0.5, 1.5, 0.2, 0.2)], 100),  # outside is not a face
    ],
)
def test_the_largest_faces_are_in_the_crop(faces: Sequence[Face], middle: int) -> None:
    found = picture(ramp(), width=200, height=100, fit="cover", focus="faces", faces=faces)
    assert found.size == (200, 100)
    first, last = columns(found)
    assert abs((first + last) / 2 - middle) <= 12, (first, last)


def test_faces_above_each_other() -> None:
    high = ramp().transpose(Image.Transpose.TRANSPOSE)
    found = picture(high, width=50, height=100, fit="cover", focus="faces", faces=[(0.2, 0.7, 0.5, 0.1)])
    middle = found.transpose(Image.Transpose.TRANSPOSE)
    assert abs(sum(columns(middle)) / 2 - 750) <= 15


def test_without_faces_the_entropy_decides() -> None:
    settings = {"width": 100, "height": 100, "fit": "cover"}
    by_entropy = picture(scene(500), focus="entropy", **settings)
    for faces in ([], [(0.5, 0.5, 0.0, 0.0)], [(2.0, 0.1, 0.5, 0.5)]):
        assert picture(scene(500), focus="faces", faces=faces, **settings).tobytes() == by_entropy.tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_faces_are_where_the_image_is_displayed(orientation: int) -> None:
    data = encoded(stored(quadrants(320, 160), orientation), "JPEG", exif=exif_with(orientation))
    square = Variant(width=40, height=80, fit="cover", focus="faces", formats=("png",))
    (right,) = made(data, square, faces=[(0.7, 0.1, 0.1, 0.2)])
    (left,) = made(data, square, faces=[(0.2, 0.1, 0.1, 0.2)])
    assert near(opened(right).getpixel((20, 20)), GREEN)
    assert near(opened(right).getpixel((20, 60)), WHITE)
    assert near(opened(left).getpixel((20, 20)), RED)
    assert near(opened(left).getpixel((20, 60)), BLUE)


def test_the_same_crop_at_every_size() -> None:
    variants = [
        Variant(width=w, height=w, fit="cover", focus="entropy", formats=("png",)) for w in (160, 80, 40)
    ]
    found = [opened(each) for each in made(encoded(scene(430), "PNG"), *variants)]
    wanted = found[0].resize((40, 40), Image.Resampling.LANCZOS).convert("L").tobytes()
    for each in found[1:]:
        small = each.resize((40, 40), Image.Resampling.LANCZOS).convert("L").tobytes()
        assert sum(abs(a - b) for a, b in zip(small, wanted, strict=True)) / len(wanted) < 6
