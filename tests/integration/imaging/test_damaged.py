"""Damaged scans of JPEGs are shown as far as libjpeg decodes them, as in browsers."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageFile

from imagebus_imaging import Limits, Rejected, thumbnails, validate
from imagebus_imaging.decoders import open_image
from tests.hostile.base import PAYLOADS, segment
from tests.unit.imaging.pictures import assert_quadrants, encoded, opened, quadrants

WHOLE = {
    "baseline": encoded(quadrants(640, 480), "JPEG"),
    "with restarts": encoded(quadrants(640, 480), "JPEG", restart_marker_rows=2),
    "progressive": encoded(quadrants(640, 480), "JPEG", progressive=True),
}
DAMAGE = {
    "no marker": b"\xff\x02",
    "a start of image": b"\xff\xd8",
    "a frame header": segment(0xC0, b"\x08\0\x10\0\x10\1\1\x11\0"),
    "an unknown frame header": segment(0xC7, b"\x08\0\x10\0\x10\1\1\x11\0"),
    "a segment without a length": b"\xff\xe5\0\0",
    "broken tables": segment(0xC4, b"\xff" * 40),
    "a short scan header": b"\xff\xda\0\2",
    "an impossible scan header": segment(0xDA, b"\x09" + b"\xff" * 9),
}


def damaged(kind: str, damage: bytes) -> bytes:
    """In the middle of the last scan."""
    data = WHOLE[kind]
    header = data.rindex(b"\xff\xda") + 2
    at = (header + data[header + 1] + len(data) - 2) // 2
    return data[:at] + damage + data[at:]


def as_pillow_reads_truncated_images(data: bytes, monkeypatch: pytest.MonkeyPatch) -> Image.Image:
    with monkeypatch.context() as patched:
        patched.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        image = Image.open(BytesIO(data))
        image.load()
    return image


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("kind", WHOLE)
def test_a_marker_in_damaged_data_is_no_reason_to_refuse(
    kind: str, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = damaged(kind, DAMAGE[damage])
    info = validate(data)
    assert (info.width, info.height) == (640, 480)
    assert opened(thumbnails(data, [(160, 160)])[0]).size == (160, 120)
    if kind == "progressive":
        assert_quadrants(opened(thumbnails(data, [(160, 160)])[0]), 20)
    else:
        image = open_image(data)
        image.load()
        assert image.tobytes() == as_pillow_reads_truncated_images(data, monkeypatch).tobytes()


@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_an_image_that_ends_inside_its_scan_lacks_its_end(kind: str) -> None:
    for damage in ("no marker", "a start of image", "a frame header", "a segment without a length"):
        data = damaged(kind, DAMAGE[damage])
        assert validate(data).truncated
        with pytest.raises(Rejected, match="corrupt"):
            validate(data, Limits(truncated=False))


@pytest.mark.parametrize("kind", WHOLE)
def test_a_jpeg_whose_end_is_another_jpeg_is_shown(kind: str) -> None:
    second = encoded(quadrants(64, 48), "JPEG")
    data = WHOLE[kind][:-2] + second
    info = validate(data)
    assert (info.width, info.truncated) == (640, True)
    assert info.trailer is not None
    assert (info.trailer.kind, info.trailer.bytes) == ("jpeg", len(second))
    image = open_image(data)
    image.load()
    assert image.tobytes() == opened(WHOLE[kind]).tobytes()


@pytest.mark.parametrize("payload", ["zip", "html", "php", "elf", "pdf"])
@pytest.mark.parametrize("kind", ["baseline", "progressive"])
def test_what_follows_the_damage_is_searched(kind: str, payload: str) -> None:
    with pytest.raises(Rejected, match="trailing_data"):
        validate(WHOLE[kind][:-2] + b"\xff\xd8" + PAYLOADS[payload] + b"\xff\xd9", Limits())


def test_a_segment_that_is_cut_off_is_searched() -> None:
    archive = b"Rar!\x1a\x07\x01\0" + bytes(64)
    with pytest.raises(Rejected, match="trailing_data"):
        validate(WHOLE["progressive"][:-2] + b"\xff\xe5\xff\xff" + archive)


@pytest.mark.parametrize("damage", ["no marker", "a start of image", "a segment without a length"])
def test_before_the_first_scan_there_is_nothing_to_show(damage: str) -> None:
    data = WHOLE["baseline"]
    with pytest.raises(Rejected, match="corrupt"):
        validate(data[:20] + DAMAGE[damage] + data[20:])
