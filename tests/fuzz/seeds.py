"""Small valid files of every accepted kind, the seeds of the mutations."""

from __future__ import annotations

import io
import zlib
from functools import cache

import pillow_jxl
from PIL import Image

from tests.hostile.base import after_soi, chunk, encoded, picture, png, segment

assert pillow_jxl, "registers the encoder"


def _animated(image_format: str) -> bytes:
    out = io.BytesIO()
    frames = [picture(48, 36).rotate(angle) for angle in (0, 90, 180)]
    frames[0].save(out, image_format, save_all=True, append_images=frames[1:])
    return out.getvalue()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Imagebus"
    exif.get_ifd(0x8769).update({0x9003: "2026:07:14 18:21:05", 0x829A: (1, 250)})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 24.0)})
    return exif


@cache
def seeds() -> dict[str, bytes]:
    """Name -> bytes; all of them are valid."""
    image, rgba = picture(64, 48), picture(64, 48).convert("RGBA")
    rgba.putalpha(image.getchannel("G"))
    sixteen = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(range(64)) for _ in range(16))))
    return {
        "baseline.jpg": encoded(image, "JPEG"),
        "progressive.jpg": encoded(image, "JPEG", progressive=True),
        "restarts.jpg": encoded(image, "JPEG", restart_marker_rows=1),
        "grey.jpg": encoded(image.convert("L"), "JPEG"),
        "cmyk.jpg": encoded(image.convert("CMYK"), "JPEG"),
        "exif.jpg": encoded(image, "JPEG", exif=_exif(), comment=b"hello", dpi=(72, 72)),
        "photoshop.jpg": after_soi(
            encoded(image, "JPEG"), segment(0xED, b"Photoshop 3.0\x008BIM\x03\xed" + bytes(22))
        ),
        "mpo.jpg": _animated("MPO"),
        "rgb.png": encoded(image, "PNG"),
        "rgba.png": encoded(rgba, "PNG", exif=_exif()),
        "palette.png": encoded(image.quantize(16), "PNG", transparency=3),
        "one-bit.png": encoded(image.convert("1"), "PNG"),
        "sixteen.png": png(32, 16, 16, 0, chunk(b"tRNS", b"\x01\x02"), sixteen, chunk(b"IEND", b"")),
        "animated.png": _animated("PNG"),
        "lossy.webp": encoded(image, "WEBP", exif=_exif()),
        "lossless.webp": encoded(rgba, "WEBP", lossless=True),
        "alpha.webp": encoded(rgba, "WEBP"),
        "animated.webp": _animated("WEBP"),
        "still.gif": encoded(image.quantize(16), "GIF", comment=b"hello"),
        "animated.gif": _animated("GIF"),
        "still.avif": encoded(image, "AVIF", exif=_exif()),
        "alpha.avif": encoded(rgba, "AVIF"),
        "still.heic": encoded(image, "HEIF", exif=_exif().tobytes()),
        "alpha.heic": encoded(rgba, "HEIF"),
        "raw.tif": encoded(image, "TIFF", exif=_exif(), dpi=(72, 72)),
        "lzw.tif": encoded(rgba, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": encoded(image, "TIFF", compression="jpeg"),
        "palette.tif": encoded(image.quantize(16), "TIFF", compression="packbits"),
        "fax.tif": encoded(image.convert("1"), "TIFF", compression="group4"),
        "pages.tif": _animated("TIFF"),
        "still.jxl": encoded(image, "JXL"),
        "alpha.jxl": encoded(rgba, "JXL", lossless=True),
    }
