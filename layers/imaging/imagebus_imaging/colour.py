"""Every mode becomes L, RGB or RGBA, in sRGB.

The rule for profiles: an output carries none. Pixels with another profile than sRGB are converted to sRGB,
which is what untagged pixels are taken for everywhere. So no byte of the source's profile reaches an output.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops

from imagebus_imaging.icc import is_srgb

if TYPE_CHECKING:
    from PIL import ImageCms

PLAIN_MODES = ("L", "RGB", "RGBA")
_KEPT_FOR_ITS_PROFILE = "CMYK"


def plain(image: Image.Image) -> Image.Image:
    """The image in L, RGB or RGBA. CMYK stays, for `to_srgb`, which knows its profile."""
    mode = image.mode
    if mode.startswith("I"):
        return _sixteen_bit(image)
    if mode in PLAIN_MODES or mode == _KEPT_FOR_ITS_PROFILE:
        return _keyed(image) if "transparency" in image.info and mode != "RGBA" else image
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if mode == "1" else "RGB")


def _keyed(image: Image.Image) -> Image.Image:
    """A PNG that declares one colour transparent."""
    key = image.info["transparency"]
    # A 16-bit key cannot be compared with samples that were narrowed to 8 bits.
    samples = key if isinstance(key, tuple) else (key,)
    if all(isinstance(sample, int) and 0 <= sample < 256 for sample in samples):
        return image.convert("RGBA")
    return image


def _sixteen_bit(image: Image.Image) -> Image.Image:
    """The high byte of each sample, as Pillow narrows 16-bit RGB: `convert("L")` would clip at 255."""
    wide = image if image.mode in ("I;16", "I;16B") else image.convert("I;16")
    low, high = Image.frombytes("LA", image.size, wide.tobytes()).split()
    if wide.mode == "I;16B":
        low, high = high, low
    key = image.info.get("transparency")
    if not isinstance(key, int):
        return high
    hit = ImageChops.darker(_equals(low, key & 255), _equals(high, key >> 8))
    return Image.merge("RGBA", (high, high, high, ImageChops.invert(hit)))


def _equals(channel: Image.Image, value: int) -> Image.Image:
    return channel.point([255 if sample == value else 0 for sample in range(256)])


def to_srgb(
    image: Image.Image, info: Mapping[str | tuple[int, int], Any], *, is_grey: bool = False
) -> Image.Image:
    """Pixels converted to sRGB. `is_grey`: those of the source were grey, whatever they are now. A profile or
    colour space that cannot be used is treated as absent.
    """
    icc = info.get("icc_profile")
    converted = None
    if icc and not is_srgb(icc):
        converted = _convert(image, icc, is_grey=is_grey)
    elif not icc and image.mode != "CMYK" and ("cicp" in info or "gamma" in info):
        # Few images give their colour space by numbers: this is not loaded for the others.
        cicp = import_module("imagebus_imaging.cicp")
        converted = cicp.to_srgb(image, info) if cicp.needs_conversion(info) else None
    if converted is not None:
        return converted
    return image.convert("RGB") if image.mode == "CMYK" else image


def _convert(image: Image.Image, icc: bytes, *, is_grey: bool) -> Image.Image | None:
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    source = image.convert("RGB") if alpha is not None else image
    if icc[16:20] == b"GRAY" and source.mode == "RGB":
        # Grey with transparency has become RGBA by now, with three times the same channel.
        if not is_grey:
            return None
        source = source.getchannel("R")
    transform = _transform(icc, source.mode)
    if transform is None:
        return None
    converted = transform.apply(source)
    if alpha is not None:
        converted.putalpha(alpha)
    return converted.convert("L") if image.mode == "L" else converted


@lru_cache(maxsize=8)
def _transform(icc: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    # LittleCMS is loaded only for images that need it.
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        return ImageCms.ImageCmsTransform(
            profile, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")), mode, "RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
