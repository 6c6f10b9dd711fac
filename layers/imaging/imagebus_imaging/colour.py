"""Every mode becomes L, RGB or RGBA in sRGB.

The rule for profiles: an output carries none. Pixels under another profile are converted to sRGB (what
untagged pixels are taken for everywhere), so that no bytes of the source's profile reach an output.
"""

from __future__ import annotations

import io

from PIL import Image

PLAIN_MODES = ("L", "RGB", "RGBA")
_SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I;16N", "I")


def plain(image: Image.Image) -> Image.Image:
    """The image in L, RGB or RGBA; CMYK and LAB are left for `to_srgb`, which knows their profile."""
    if image.mode in PLAIN_MODES or image.mode == "CMYK":
        return image
    if image.mode in _SIXTEEN_BIT:
        # convert("L") would clip at 255 instead of scaling.
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Pixels converted to sRGB. A profile that cannot be used is treated as absent."""
    if icc and not _is_srgb(icc):
        converted = _convert(image, icc)
        if converted is not None:
            return converted
    return image.convert("RGB") if image.mode == "CMYK" else image


def _is_srgb(icc: bytes) -> bool:
    return b"sRGB" in icc[:4096] or b"s\0R\0G\0B" in icc[:4096]


def _convert(image: Image.Image, icc: bytes) -> Image.Image | None:
    # LittleCMS is loaded only for images that have a profile.
    from PIL import ImageCms

    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    source = image.convert("RGB") if alpha is not None else image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        converted = ImageCms.profileToProfile(
            source, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if converted is None:
        return None
    if alpha is not None:
        converted.putalpha(alpha)
    return converted.convert("L") if image.mode == "L" else converted
