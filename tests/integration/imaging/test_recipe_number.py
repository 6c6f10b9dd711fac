"""The bytes of plain thumbnails, as long as the engine has the same number.

If this fails, the pixels have changed: raise `RECIPE`, and replace the digests. They were computed with the
engine before it knew variants.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import pytest
from PIL import Image

from benchmarks import inputs
from imagebus_imaging import RECIPE, resizing, thumbnails
from tests.unit.imaging.pictures import DISPLAY_P3, encoded, exif_with, opened

BOXES = [(320, 320), (240, 200), (100, 100), (99, 500)]
SOURCES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "jpeg": ("RGB", "JPEG", {}),
    "jpeg turned": ("RGB", "JPEG", {"exif": exif_with(6)}),
    "jpeg P3": ("RGB", "JPEG", {"icc_profile": DISPLAY_P3}),
    "jpeg grey": ("L", "JPEG", {}),
    "jpeg CMYK": ("CMYK", "JPEG", {}),
    "png": ("RGB", "PNG", {}),
    "png alpha": ("RGBA", "PNG", {}),
    "webp": ("RGB", "WEBP", {}),
    "webp alpha": ("RGBA", "WEBP", {}),
    "avif": ("RGB", "AVIF", {"max_threads": 1}),  # with more, the file differs from run to run
    "heif": ("RGB", "HEIF", {}),
    "gif": ("RGB", "GIF", {}),
    "gif moving": ("RGB", "GIF", {"save_all": True, "duration": [70, 80]}),
    "webp moving": ("RGB", "WEBP", {"save_all": True, "duration": [70, 80]}),
}
DIGESTS: dict[tuple[str, str], str] = {
    ("jpeg", ""): "bb10d2224b57",
    ("jpeg", "jpeg"): "bb10d2224b57",
    ("jpeg", "webp"): "7e7bf6027634",
    ("jpeg", "linear"): "68076a8d37dd",
    ("jpeg turned", ""): "0ba62c681842",
    ("jpeg turned", "jpeg"): "0ba62c681842",
    ("jpeg turned", "webp"): "bf6f0e18dd50",
    ("jpeg turned", "linear"): "daf235d2aba6",
    ("jpeg P3", ""): "3498c6cbc128",
    ("jpeg P3", "jpeg"): "3498c6cbc128",
    ("jpeg P3", "webp"): "e7c0381cb994",
    ("jpeg P3", "linear"): "56bb1cfb0783",
    ("jpeg grey", ""): "57cdcb39aadd",
    ("jpeg grey", "jpeg"): "57cdcb39aadd",
    ("jpeg grey", "webp"): "0a2867907dac",
    ("jpeg grey", "linear"): "f3eb56e605bf",
    ("jpeg CMYK", ""): "e37ca8410185",
    ("jpeg CMYK", "jpeg"): "e37ca8410185",
    ("jpeg CMYK", "webp"): "891958850db3",
    ("jpeg CMYK", "linear"): "d05e5e40d999",
    ("png", ""): "920b7b3990b4",
    ("png", "jpeg"): "646e229a99f4",
    ("png", "webp"): "2ccd0f2ebc2b",
    ("png", "linear"): "df30561b2466",
    ("png alpha", ""): "85d0ebbffca5",
    ("png alpha", "jpeg"): "0530c0193890",
    ("png alpha", "webp"): "6d11bf398f44",
    ("png alpha", "linear"): "82847955393c",
    ("webp", ""): "e7ae146d36ae",
    ("webp", "jpeg"): "6c41a4475b3b",
    ("webp", "webp"): "e7ae146d36ae",
    ("webp", "linear"): "be8234198d72",
    ("webp alpha", ""): "5e24ec47cbad",
    ("webp alpha", "jpeg"): "a766638dfba6",
    ("webp alpha", "webp"): "5e24ec47cbad",
    ("webp alpha", "linear"): "d14edd9fdcaa",
    ("avif", ""): "350a200f68fa",
    ("avif", "jpeg"): "c4ea41f42e73",
    ("avif", "webp"): "fd66d9a2174b",
    ("avif", "linear"): "66e5733ac85a",
    ("heif", ""): "8f1d79319bcc",
    ("heif", "jpeg"): "8f1d79319bcc",
    ("heif", "webp"): "a05d1ac6a427",
    ("heif", "linear"): "53ab7c8d0f10",
    ("gif", ""): "4764940d2db8",
    ("gif", "jpeg"): "d496d4211283",
    ("gif", "webp"): "8ee9d9f76925",
    ("gif", "linear"): "748f8dbf816c",
    ("gif moving", "animated"): "bddd31a290bc",
    ("webp moving", "animated"): "ae69f5919047",
}


photo = cache(inputs.photo)


def source(name: str) -> bytes:
    mode, image_format, options = SOURCES[name]
    image = photo(1600, 1201).copy()
    if mode == "RGBA":
        image.putalpha(image.getchannel("G"))
    image = image.convert(mode)
    if name == "heif" or "moving" in name:  # costly to encode
        image = image.resize((400, 300))
    if "moving" in name:
        options = {**options, "append_images": [image.transpose(Image.Transpose.ROTATE_180)]}
    return encoded(image, image_format, **options)


def digest(data: bytes, **settings: Any) -> str:
    """Of PNG only the pixels: ISA-L compresses differently on different processors."""
    found = hashlib.sha256()
    for made in thumbnails(data, BOXES, **settings):
        found.update(f"{made.name} {made.format} {made.width}x{made.height} {made.frames}".encode())
        found.update(opened(made).tobytes() if made.format == "PNG" else made.data)
    return found.hexdigest()[:12]


SETTINGS: dict[str, dict[str, Any]] = {
    "": {},
    "jpeg": {"formats": ["jpeg"], "background": "#336699"},
    "webp": {"formats": ["webp"]},
    "linear": {"linear": True},
    "animated": {"animated": True},
}


@pytest.mark.skipif(resizing._resizer is None, reason="scaled by Pillow here")
@pytest.mark.parametrize("name", SOURCES)
def test_the_same_number_gives_the_same_bytes(name: str) -> None:
    assert RECIPE == "2026-11.6"
    data = source(name)
    found = {
        settings: digest(data, **options)
        for settings, options in SETTINGS.items()
        if (settings == "animated") == ("moving" in name)
    }
    assert found == {settings: digest for (source, settings), digest in DIGESTS.items() if source == name}
