"""Outputs are made from pixels: nothing else of the source is in them."""

from __future__ import annotations

import io

import pytest
from PIL import Image, PngImagePlugin

from imagebus.recipes.model import OutputFormat, Watermark
from imagebus_imaging import Derived, analysis_jpeg, describe, thumbnails, validate, watermark
from tests.hostile.base import PAYLOADS, after_soi, segment
from tests.unit.imaging.pictures import DISPLAY_P3, encoded, quadrants

SECRET = b"TopSecret"
TEXT = SECRET.decode()
XMP = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>{TEXT}</exif:GPSLatitude></x:xmpmeta>'.encode()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x010E], exif[0x9286] = TEXT, TEXT, TEXT, SECRET
    exif.get_ifd(0x8769).update({0xA431: TEXT, 0xA435: TEXT, 0x927C: SECRET * 20, 0xA430: TEXT})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0), 3: "E", 4: (2.0, 21.0, 3.0), 0x1D: TEXT})
    return exif


def _full(image_format: str) -> bytes:
    """An image that carries the secret everywhere its format allows."""
    exif, image = _exif(), quadrants()
    marked_profile = DISPLAY_P3.replace(b"test\0", b"TopSe") + SECRET
    if image_format == "JPEG":
        data = encoded(
            image, "JPEG", exif=exif, comment=SECRET, xmp=XMP, icc_profile=marked_profile, dpi=(300, 300)
        )
        return after_soi(data, segment(0xED, b"Photoshop 3.0\0" + SECRET * 9), segment(0xEB, SECRET))
    if image_format == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", TEXT)
        text.add_text("Zipped", TEXT * 9, zip=True)
        text.add_itxt("XML:com.adobe.xmp", XMP.decode())
        return encoded(image, "PNG", exif=exif, pnginfo=text, icc_profile=marked_profile)
    if image_format == "GIF":
        return encoded(image.quantize(8), "GIF", comment=SECRET)
    if image_format == "HEIF":
        return encoded(image, "HEIF", exif=exif.tobytes(), xmp=XMP)
    return encoded(image, image_format, exif=exif, xmp=XMP, icc_profile=marked_profile)


def _outputs(data: bytes, output: OutputFormat) -> list[Derived]:
    made = thumbnails(data, [(50, 50), (160, 160)], formats=[output])
    return [*made, watermark(data, Watermark(text="imagebus", format=output))]


@pytest.mark.parametrize("output", ["source", "jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF"])
def test_no_output_carries_metadata(image_format: str, output: OutputFormat) -> None:
    data = _full(image_format)
    assert SECRET in data
    validate(data)
    for derived in _outputs(data, output):
        _assert_clean(derived.data)
    _assert_clean(analysis_jpeg(data).data)


def _assert_clean(data: bytes) -> None:
    assert SECRET not in data
    for trace in (b"GPS", b"http://ns.adobe.com", b"xmpmeta", b"Photoshop", b"mntr", b"Display P3"):
        assert trace not in data
    image = Image.open(io.BytesIO(data))
    image.load()
    assert not dict(image.getexif())
    left = set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert left <= {"loop", "background", "timestamp", "duration"}, left


@pytest.mark.parametrize("name", sorted(PAYLOADS))
@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_bytes_after_the_image_reach_no_output_even_without_validation(image_format: str, name: str) -> None:
    for derived in _outputs(encoded(quadrants(), image_format) + PAYLOADS[name], "source"):
        assert PAYLOADS[name][:24] not in derived.data


def test_an_event_gets_no_position_and_no_serial_number() -> None:
    for image_format in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF"):
        found = describe(_full(image_format))
        assert set(found.exif) <= {"make", "model"}, found.exif
        assert not [name for name in found.properties if "gps" in name.lower() or "serial" in name.lower()]
