"""Each limit has its own code, and reports the limit and the value that exceeded it."""

from __future__ import annotations

import hashlib
import re
import struct

import pytest
from PIL import Image

from imagebus_imaging import ImageInfo, Limits, Rejected, validate
from imagebus_imaging.formats import walk
from imagebus_imaging.formats.base import check_size
from tests.hostile.base import PAYLOADS, after_soi, chunk, honest, segment
from tests.unit.imaging.pictures import encoded, quadrants

pytestmark = pytest.mark.usefixtures("no_child")


def refusal(data: bytes, limits: Limits | None = None) -> Rejected:
    with pytest.raises(Rejected) as caught:
        validate(data, limits or Limits())
    return caught.value


@pytest.mark.parametrize(
    ("image_format", "mime", "mode"),
    [
        ("JPEG", "image/jpeg", "RGB"),
        ("PNG", "image/png", "RGB"),
        ("WEBP", "image/webp", "RGB"),
        ("GIF", "image/gif", "P"),
        ("AVIF", "image/avif", "RGB"),
        ("HEIF", "image/heic", "RGB"),
    ],
)
def test_an_honest_image_is_described(image_format: str, mime: str, mode: str) -> None:
    data = encoded(quadrants(), image_format)
    assert validate(data) == ImageInfo(
        format=image_format,
        mime=mime,
        width=160,
        height=96,
        mode=mode,
        has_alpha=False,
        frames=1,
        orientation=1,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
    )


@pytest.mark.parametrize("image_format", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_alpha_is_seen(image_format: str) -> None:
    image = quadrants().convert("RGBA")
    image.putalpha(90)
    assert validate(encoded(image, image_format)).has_alpha


def test_no_bytes_are_empty() -> None:
    assert refusal(b"").code == "empty"


def test_too_many_bytes_are_refused_before_anything_is_read() -> None:
    found = refusal(bytes(1001), Limits(max_bytes=1000))
    assert (found.code, found.limit, found.actual) == ("too_many_bytes", 1000, 1001)


def test_the_accepted_formats_are_a_parameter() -> None:
    only_png = Limits(formats=frozenset({"PNG"}))
    assert validate(honest("PNG"), only_png).format == "PNG"
    assert refusal(honest("JPEG"), only_png).code == "unsupported_format"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_too_many_pixels(image_format: str) -> None:
    found = refusal(honest(image_format), Limits(max_pixels=320 * 240 - 1))
    assert (found.code, found.limit, found.actual) == ("too_many_pixels", 320 * 240 - 1, 320 * 240)
    assert validate(honest(image_format), Limits(max_pixels=320 * 240)).width == 320


def test_too_many_scans() -> None:
    data = encoded(quadrants(), "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    assert validate(data, Limits(max_scans=scans)).format == "JPEG"
    found = refusal(data, Limits(max_scans=scans - 1))
    assert (found.code, found.limit, found.actual) == ("too_costly", scans - 1, scans)


def test_too_few_bytes_for_so_many_pixels() -> None:
    data = encoded(Image.new("RGB", (2000, 1000)), "JPEG")
    assert validate(data).width == 2000, "a blank picture is not an attack"
    found = refusal(data, Limits(max_pixels_per_byte={"JPEG": 20}))
    assert found.code == "too_costly"
    assert found.limit == 20
    assert found.actual == round(2_000_000 / len(data))


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_too_much_metadata(image_format: str) -> None:
    data = {
        "JPEG": lambda: after_soi(honest("JPEG"), segment(0xFE, bytes(5000))),
        "PNG": lambda: honest("PNG")[:33] + chunk(b"tEXt", b"a\0" + b"b" * 5000) + honest("PNG")[33:],
        "WEBP": lambda: encoded(quadrants(), "WEBP", xmp=b"x" * 5000),
        "GIF": lambda: encoded(quadrants().quantize(8), "GIF", comment=b"x" * 5000),
    }[image_format]()
    assert validate(data).format == image_format
    found = refusal(data, Limits(max_metadata_bytes=4000))
    assert (found.code, found.limit) == ("too_costly", 4000)
    assert found.actual is not None
    assert found.actual >= 5000


@pytest.mark.parametrize("image_format", ["JPEG", "WEBP", "AVIF", "HEIF", "GIF"])
def test_a_decoder_that_needs_too_much_memory_is_not_started(image_format: str) -> None:
    image = quadrants(1200, 900)
    options = {"progressive": True} if image_format == "JPEG" else {}
    found = refusal(encoded(image, image_format, **options), Limits(memory_bytes=1_000_000))
    assert (found.code, found.limit) == ("too_costly", 1_000_000)
    assert found.actual is not None
    assert found.actual > 1_000_000


@pytest.mark.parametrize(
    ("image_format", "size"),
    [("HEIF", (8064, 6048)), ("HEIF", (8160, 6120)), ("AVIF", (8160, 6120)), ("HEIF", (16320, 12240))],
)
def test_the_largest_photos_of_phones_are_given_the_memory_they_need(
    image_format: str, size: tuple[int, int]
) -> None:
    data = encoded(quadrants(), image_format)
    claim = re.sub(rb"(?<=ispe\0\0\0\0).{8}", lambda _: struct.pack(">II", *size), data, flags=re.DOTALL)
    large = Limits(max_pixels=210_000_000, memory_bytes=1300 << 20)
    check_size(walk(claim, image_format, large), image_format, len(claim), large)
    if size[0] < 10_000:
        check_size(walk(claim, image_format, Limits()), image_format, len(claim), Limits())
    else:
        assert refusal(claim).code == "too_many_pixels"
        assert refusal(claim, Limits(max_pixels=210_000_000)).code == "too_costly"


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_file_that_was_cut_off_is_corrupt(image_format: str, part: float) -> None:
    data = honest(image_format)
    assert refusal(data[: int(len(data) * part)], Limits(truncated=False)).code == "corrupt"
    if image_format != "JPEG":
        assert refusal(data[: int(len(data) * part)]).code == "corrupt"


def test_a_refusal_says_what_it_is() -> None:
    assert str(refusal(b"not an image")).startswith("unsupported_format: ")


@pytest.mark.parametrize("name", sorted(PAYLOADS))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_whatever_is_appended_is_trailing_data(image_format: str, name: str) -> None:
    data = honest(image_format) + PAYLOADS[name]
    assert refusal(data, Limits(trailing_data="strict")).code == "trailing_data"
    if name != "random":
        assert refusal(data).code == "trailing_data"
    assert validate(data, Limits(trailing_data="allow")).trailer is not None
