"""JPEG XL: accepted by parameter, where its decoder is installed."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pillow_jxl
import pytest

from imagebus_imaging import Limits, Rejected, describe, thumbnails, validate
from imagebus_imaging.formats import jxl
from tests.hostile.base import PAYLOADS, archive, box
from tests.unit.imaging.pictures import assert_quadrants, encoded, opened, quadrants

assert pillow_jxl, "registers the encoder"
LIMITS = Limits(formats=frozenset(("JXL",)))
CONTAINER = jxl._CONTAINER + box(b"ftyp", b"jxl \0\0\0\0jxl ")


def test_jxl_is_rejected_unless_asked_for() -> None:
    with pytest.raises(Rejected, match="JXL is not accepted"):
        validate(encoded(quadrants(), "JXL"))


def test_jxl_needs_its_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    with pytest.raises(Rejected, match="unsupported_format: no decoder for JPEG XL is installed"):
        validate(encoded(quadrants(), "JXL"), LIMITS)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
def test_every_mode(mode: str) -> None:
    data = encoded(quadrants().convert(mode), "JXL")
    info = validate(data, LIMITS)
    assert (info.format, info.mime, info.mode, info.width, info.height) == ("JXL", "image/jxl", mode, 160, 96)
    (made,) = thumbnails(data, [(80, 80)])
    assert made.format == "JPEG"
    if mode.startswith("RGB"):
        assert_quadrants(opened(made))
    assert describe(data).properties["format"] == "JXL"


def test_a_jpeg_in_a_jxl_is_shown_as_the_jpeg(tmp_path: Path) -> None:
    from PIL import Image

    (tmp_path / "a.jpg").write_bytes(encoded(quadrants(), "JPEG"))
    with warnings.catch_warnings(), Image.open(tmp_path / "a.jpg") as image:
        warnings.simplefilter("ignore")
        image.save(tmp_path / "a.jxl")
    data = (tmp_path / "a.jxl").read_bytes()
    info = validate(data, LIMITS)
    assert (info.format, info.width, info.height, info.trailer) == ("JXL", 160, 96, None)
    assert_quadrants(opened(thumbnails(data, [(80, 80)])[0]))


@pytest.mark.parametrize(
    "size",
    [(8, 8), (256, 256), (640, 480), (1, 1), (513, 7), (1920, 1080), (9000, 3), (320, 240), (200, 100)],
)
def test_the_size_is_known_before_anything_is_decoded(size: tuple[int, int]) -> None:
    structure = jxl.walk(encoded(quadrants().resize(size), "JXL"), LIMITS)
    assert (structure.width, structure.height) == size


def _bits(*fields: tuple[int, int]) -> bytes:
    value = at = 0
    for bits, number in fields:
        value |= number << at
        at += bits
    return b"\xff\x0a" + value.to_bytes(16, "little")


def _header(width: int, height: int, *metadata: tuple[int, int]) -> bytes:
    return _bits((1, 0), (2, 3), (30, height - 1), (3, 0), (2, 3), (30, width - 1), *metadata)


HOSTILE = {
    "a header of a terapixel": (_header(1 << 20, 1 << 20, (1, 1)), "too_many_pixels"),
    "90 megapixels from nothing": (_header(9500, 9500, (1, 1)), "too_costly"),
    "an animation": (_header(64, 64, (1, 0), (1, 1), (3, 0), (1, 0), (1, 0), (1, 1)), "unsupported_format"),
    "two bytes": (b"\xff\x0a", "corrupt"),
    "cut in half": (encoded(quadrants(), "JXL")[:300], "corrupt"),
    "noise": (encoded(quadrants(), "JXL")[:16] + PAYLOADS["random"], "corrupt"),
    "an archive behind it": (encoded(quadrants(), "JXL") + archive(), "trailing_data"),
    "a program behind it": (encoded(quadrants(), "JXL") + PAYLOADS["elf"], "trailing_data"),
    "a container without a stream": (CONTAINER, "corrupt"),
    "a million boxes": (CONTAINER + box(b"Exif", b"") * 150_000, "too_costly"),
    "a page behind the boxes": (
        CONTAINER + box(b"jxlc", encoded(quadrants(), "JXL")) + PAYLOADS["html"],
        "trailing_data",
    ),
    "an archive in a box": (
        CONTAINER + box(b"xml ", archive()) + box(b"jxlc", encoded(quadrants(), "JXL")),
        "trailing_data",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str) -> None:
    data, code = HOSTILE[name]
    with pytest.raises(Rejected) as caught:
        validate(data, LIMITS)
    assert caught.value.code == code
