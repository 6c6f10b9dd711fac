"""What an image says about itself: an allow-list, and values computed from its pixels."""

from __future__ import annotations

import base64
from typing import Any

from PIL import ImageFile

from imagebus_imaging.encoding import encode
from imagebus_imaging.model import Description
from imagebus_imaging.raster import displayed_size, flatten, load_scaled, orientation_of
from imagebus_imaging.resizing import fit

_ALLOWED = {0x010F: "make", 0x0110: "model", 0x0131: "software"}
_ALLOWED_EXIF = {
    0x829A: "exposure_time",
    0x829D: "f_number",
    0x8827: "iso",
    0x9003: "taken_at",
    0x9011: "taken_at_offset",
    0x920A: "focal_length_mm",
    0xA405: "focal_length_35mm",
    0x9209: "flash",
    0x9204: "exposure_bias",
    0x8822: "exposure_program",
    0x9207: "metering_mode",
    0xA403: "white_balance",
    0xA433: "lens_make",
    0xA434: "lens_model",
}


def describe(data: bytes) -> Description:
    """Properties, allow-listed EXIF, colours and hashes. Raises `Rejected` for bytes that do not decode."""
    small, source = load_scaled(data, lambda w, h: fit(w, h, (256, 256)))
    orientation = orientation_of(source, data)
    rgb = flatten(small, "#ffffff").convert("RGB")
    palette = rgb.quantize(5)
    counts = sorted(palette.getcolors() or [], reverse=True)
    table = palette.getpalette() or []
    colors = ["#" + bytes(table[3 * i : 3 * i + 3]).hex() for _, i in counts if isinstance(i, int)]
    grey = rgb.convert("L").resize((9, 8))
    pixels = grey.tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (pixels[row * 9 + column] < pixels[row * 9 + column + 1])
    width, height = displayed_size(source, orientation)
    return Description(
        properties={
            "width": width,
            "height": height,
            "format": source.format,
            "mode": source.mode,
            "has_alpha": source.has_transparency_data,
            "frames": getattr(source, "n_frames", 1),
        },
        exif=_exif(source),
        dominant_colors=colors,
        thumbhash=base64.b64encode(rgb.resize((2, 2)).tobytes()).decode(),
        phash=f"{bits:016x}",
    )


def _exif(source: ImageFile.ImageFile) -> dict[str, Any]:
    if source.format == "PNG" and "exif" not in source.info:
        return {}
    exif = source.getexif()
    found = {name: exif[tag] for tag, name in _ALLOWED.items() if tag in exif}
    inner = exif.get_ifd(0x8769)
    found |= {name: inner[tag] for tag, name in _ALLOWED_EXIF.items() if tag in inner}
    return {name: _value(value) for name, value in found.items()}


def _value(value: object) -> object:
    if isinstance(value, (int, str)):
        return value.strip("\0 ") if isinstance(value, str) else value
    try:
        return round(float(value), 6)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return str(value)[:100]


def analysis_jpeg(data: bytes, max_side: int = 1280) -> bytes:
    """A JPEG for a label detector: upright, sRGB, at most `max_side` on its long side, no metadata."""
    small, _ = load_scaled(data, lambda w, h: fit(w, h, (max_side, max_side)))
    return encode("analysis", flatten(small, "#ffffff"), "JPEG").data
