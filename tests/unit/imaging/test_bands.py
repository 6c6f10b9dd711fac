"""Large images are decoded in bands, with the same result."""

from __future__ import annotations

import io
import random
import zlib
from itertools import pairwise

import pytest
from PIL import Image

from imagebus_imaging import resizing, thumbnails
from imagebus_imaging.pngwriting import png
from tests.hostile.base import chunk, picture
from tests.hostile.base import png as png_of
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
    whole = opened(thumbnails(data, [(100, 100)], formats=["png"])[0])
    monkeypatch.setattr(resizing, "_BANDED_PIXELS", 1000)
    monkeypatch.setattr(resizing, "_BAND_PIXELS", 20_000)
    banded = opened(thumbnails(data, [(100, 100)], formats=["png"])[0])
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


def _wide(colour: int, key: bytes = b"") -> bytes:
    """16-bit samples, with a filter of every kind. The first 40 pixels of each row are black."""
    width, height, samples = 640, 480, {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    image = picture(width, height)
    image.paste(0, (0, 0, 40, height))
    image.putalpha(image.getchannel("G"))
    mode = {0: "L", 2: "RGB", 4: "LA", 6: "RGBA"}[colour]
    high = image.convert(mode).tobytes()
    raw = bytearray(2 * len(high))
    raw[::2] = high
    raw[1::2] = random.Random(colour).randbytes(len(high))
    stride = 2 * samples * width
    for row in range(height):
        raw[row * stride : row * stride + 80 * samples] = bytes(80 * samples)
    chunks = [chunk(b"tRNS", key)] * bool(key)
    return png_of(width, height, 16, colour, *chunks, chunk(b"IDAT", zlib.compress(_filtered(raw, stride))))


def _filtered(raw: bytes, stride: int) -> bytes:
    """Every second row as its difference from the one above, which bands have to know."""
    rows = [raw[at : at + stride] for at in range(0, len(raw), stride)]
    out = [b"\0" + rows[0]]
    for above, row in pairwise(rows):
        out.append(b"\2" + bytes((a - b) & 255 for a, b in zip(row, above, strict=True)))
    return b"".join(out)


@pytest.mark.parametrize(
    ("colour", "key"), [(0, b""), (0, bytes(2)), (2, b""), (2, bytes(6)), (4, b""), (6, b"")]
)
def test_bands_of_16_bits_are_the_picture(colour: int, key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _wide(colour, key)
    whole = opened(thumbnails(data, [(100, 100)], formats=["png"])[0])
    monkeypatch.setattr(resizing, "_BANDED_PIXELS", 1000)
    monkeypatch.setattr(resizing, "_BAND_PIXELS", 20_000)
    monkeypatch.setattr("imagebus_imaging.decoders.png.StreamedPng.load", None)
    banded = opened(thumbnails(data, [(100, 100)], formats=["png"])[0])
    assert (banded.size, banded.mode) == (whole.size, whole.mode)
    seen = [
        Image.alpha_composite(Image.new("RGBA", i.size, "teal"), i.convert("RGBA")) for i in (banded, whole)
    ]
    differences = [abs(a - b) for a, b in zip(*(image.tobytes() for image in seen), strict=True)]
    assert sum(differences) / len(differences) < 1.5
    if key:
        assert banded.getpixel((2, 40))[3] == whole.getpixel((2, 40))[3] == 0
        assert banded.getpixel((50, 40))[3] == 255
