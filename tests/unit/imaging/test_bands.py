"""Large images are decoded in bands, with the same result."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from imagebus_imaging import resizing, thumbnails
from imagebus_imaging.pngwriting import png
from tests.hostile.base import picture
from tests.unit.imaging.pictures import encoded, opened


@pytest.mark.parametrize("image_format", ["PNG", "AVIF", "HEIF"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P"])
def test_bands_give_the_picture_that_the_whole_gives(
    image_format: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = picture(640, 480)
    if mode.endswith("A"):
        image.putalpha(image.getchannel("G"))
    if image_format != "PNG" and mode in ("LA", "P"):
        pytest.skip("no such pixels in this format")
    image = image.quantize(64) if mode == "P" else image.convert(mode)
    data = encoded(image, image_format)
    whole = opened(thumbnails(data, [(100, 100)], output_format="PNG")[0])
    monkeypatch.setattr(resizing, "_BANDED_PIXELS", 1000)
    monkeypatch.setattr(resizing, "_BAND_PIXELS", 20_000)
    banded = opened(thumbnails(data, [(100, 100)], output_format="PNG")[0])
    assert (banded.size, banded.mode) == (whole.size, whole.mode)
    # The colour of a transparent pixel does not matter: compare what is visible.
    seen = (
        Image.alpha_composite(Image.new("RGBA", i.size, "teal"), i.convert("RGBA")) for i in (banded, whole)
    )
    differences = [abs(a - b) for a, b in zip(*(image.tobytes() for image in seen), strict=True)]
    assert max(differences) <= 20
    assert sum(differences) / len(differences) < 1.5


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (300, 1), (1, 300), (64, 48)])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_what_is_written_as_png_is_read_as_it_was(mode: str, size: tuple[int, int]) -> None:
    image = picture(640, 480).resize(size)
    image.putalpha(image.getchannel("G"))
    image = image.convert(mode)
    found = Image.open(io.BytesIO(png(image)))
    assert (found.mode, found.size, found.tobytes()) == (mode, size, image.tobytes())
