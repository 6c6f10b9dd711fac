"""Large images are decoded in bands, with the same result."""

from __future__ import annotations

import io
import random
import struct
import zlib
from itertools import pairwise

import pytest
from PIL import Image

from imagebus_imaging import resizing, thumbnails, validate
from imagebus_imaging.decoders import open_image
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


def _placed_gif() -> bytes:
    """A frame of 601x403 at (20, 33) on a canvas of 640x480."""
    frame = picture(640, 480).quantize(64).crop((20, 33, 621, 436))
    data = encoded(frame, "GIF", optimize=False)
    at = data.rindex(b"\x2c" + struct.pack("<HHHH", 0, 0, 601, 403))
    canvas = data[:6] + struct.pack("<HH", 640, 480) + data[10:at]
    return canvas + b"\x2c" + struct.pack("<HH", 20, 33) + data[at + 5 :]


def _placed_png(depth: int, colour: int, key: bytes = b"") -> bytes:
    """The same frame as that of an APNG whose default image is hidden."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    image = picture(640, 480).crop((20, 33, 621, 436))
    image.paste(0, (0, 0, 300, 403))
    image.putalpha(image.getchannel("G"))
    pixels = image.convert({0: "L", 2: "RGB", 3: "L", 4: "LA", 6: "RGBA"}[colour]).tobytes()
    raw = b"".join(bytes((value, 0)) for value in pixels) if depth == 16 else pixels
    stride = 601 * samples * depth // 8
    filtered = _filtered(bytearray(raw), stride)
    hidden = zlib.compress(bytes(480 * (1 + 640 * samples * depth // 8)))
    control = struct.pack(">IIIIIHHBB", 0, 601, 403, 20, 33, 1, 10, 0, 0)
    parts = [chunk(b"PLTE", bytes(range(256)) * 3)] if colour == 3 else []
    parts += [chunk(b"tRNS", key)] if key else []
    parts += [chunk(b"acTL", struct.pack(">II", 1, 0)), chunk(b"IDAT", hidden), chunk(b"fcTL", control)]
    parts += [chunk(b"fdAT", bytes(4) + zlib.compress(filtered)), chunk(b"IEND", b"")]
    return png_of(640, 480, depth, colour, *parts)


PLACED = {
    "GIF": _placed_gif,
    "palette": lambda: _placed_png(8, 3),
    "grey": lambda: _placed_png(8, 0),
    "grey with a key": lambda: _placed_png(8, 0, bytes(2)),
    "RGB with a key": lambda: _placed_png(8, 2, bytes(6)),
    "LA": lambda: _placed_png(8, 4),
    "RGBA": lambda: _placed_png(8, 6),
    "16-bit grey with a key": lambda: _placed_png(16, 0, bytes(2)),
    "16-bit RGB with a key": lambda: _placed_png(16, 2, bytes(6)),
    "16-bit RGBA": lambda: _placed_png(16, 6),
}


@pytest.mark.parametrize("kind", PLACED)
def test_a_first_frame_that_does_not_cover_the_canvas_comes_in_bands(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = PLACED[kind]()
    assert validate(data).has_alpha
    whole = open_image(data)
    whole.load()
    assert (whole.mode, whole.size) == ("RGBA", (640, 480))
    shown = Image.open(io.BytesIO(data)).convert("RGBA").crop((20, 33, 621, 436))
    if kind == "GIF":  # elsewhere, Pillow shows the default image first
        assert whole.crop((20, 33, 621, 436)).tobytes() == shown.tobytes()
    assert whole.getchannel("A").crop((0, 0, 640, 33)).getextrema() == (0, 0)
    assert whole.getchannel("A").crop((0, 436, 640, 480)).getextrema() == (0, 0)
    for rows in (1, 7, 33, 64, 480, 1000):
        bands = list(open_image(data).bands(rows) or [whole])
        assert len(bands) == (1 if "palette" in kind else -(-480 // rows))
        together = Image.new("RGBA", whole.size)
        for number, band in enumerate(bands):
            together.paste(band, (0, number * rows))
        assert together.tobytes() == whole.tobytes()
    monkeypatch.setattr(resizing, "_BANDED_PIXELS", 1000)
    assert opened(thumbnails(data, [(100, 100)], formats=["png"])[0]).mode == "RGBA"


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
