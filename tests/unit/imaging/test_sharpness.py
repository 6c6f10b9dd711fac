"""The decoder's own scaling leaves enough for the filter: small photos compared with a full decode."""

from __future__ import annotations

import random

import pytest
from PIL import Image, ImageChops, ImageStat

from imagebus_imaging import thumbnails
from tests.unit.imaging.pictures import encoded, opened


def detailed(width: int, height: int) -> Image.Image:
    """Edges, texture and grain down to a single pixel."""
    seeded = random.Random(width * height)
    layers = [
        Image.frombytes("L", (n, n), seeded.randbytes(n * n)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
        for n in (8, 40, 200)
    ]
    image = Image.blend(Image.blend(layers[0], layers[1], 0.4), layers[2], 0.3)
    for at in range(0, width, 37):
        image.paste(at % 255, (at, height // 4, at + 5, height * 3 // 4))
    return image.convert("RGB")


PAIRS = [
    (
        (random.Random(n).randint(200, 1600), random.Random(n + 1).randint(200, 1600)),
        random.Random(n + 2).choice((100, 160, 256, 320, 480, 640)),
    )
    for n in range(0, 120, 3)
]


@pytest.mark.parametrize(
    ("size", "box"), [*PAIRS, ((800, 533), 320), ((1138, 640), 100), ((1403, 1870), 800)]
)
def test_a_thumbnail_is_what_a_filter_makes_of_all_pixels(size: tuple[int, int], box: int) -> None:
    data = encoded(detailed(*size), "JPEG", quality=92)
    made = opened(thumbnails(data, [(box, box)], formats=["png"])[0])
    ideal = opened(data).resize(made.size, Image.Resampling.LANCZOS)
    error = ImageStat.Stat(ImageChops.difference(made, ideal)).rms
    assert max(error) < (2.6 if min(size) / min(made.size) < 8 else 4.5), error
