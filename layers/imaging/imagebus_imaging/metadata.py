"""An image's metadata: what its camera wrote, by an allow-list, and values from its pixels."""

from __future__ import annotations

import base64
import re
from typing import Any

from PIL import Image

from imagebus_imaging.decoders import DECODE_ERRORS
from imagebus_imaging.encoding import encode
from imagebus_imaging.geometry import fit
from imagebus_imaging.hashes import dominant_colours, perceptual_hash, thumbhash
from imagebus_imaging.interface import AnalysisJpeg, Description
from imagebus_imaging.raster import Picture, exif_of, flatten, load_scaled

# Camera, lens, exposure, taken-at. Deliberately missing: the GPS directory, serial numbers of body and lens,
# the owner's name, comments, maker notes.
_CAMERA = {0x010F: "make", 0x0110: "model"}
_SHOT = {
    0x829A: "exposure_time",
    0x829D: "f_number",
    0x8822: "exposure_program",
    0x8827: "iso",
    0x9003: "taken_at",
    0x9011: "taken_at_offset",
    0x9204: "exposure_bias",
    0x9207: "metering_mode",
    0x9209: "flash",
    0x920A: "focal_length_mm",
    0xA403: "white_balance",
    0xA405: "focal_length_35mm",
    0xA433: "lens_make",
    0xA434: "lens_model",
}
_DIRECTORY_OF_THE_SHOT = 0x8769
_TAKEN = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d|Z")
_MAX_TEXT = 100
_HASHED_SIDE = 256
_BACKGROUND = "#ffffff"


def describe(data: bytes) -> Description:
    """Properties, allow-listed EXIF, dominant colours and hashes. Raises `Rejected` for undecodable bytes."""
    picture = load_scaled(data, lambda w, h: fit(w, h, (_HASHED_SIDE, _HASHED_SIDE)))
    small = picture.image
    return Description(
        properties=_properties(picture),
        exif=_exif(exif_of(picture.info)),
        dominant_colors=dominant_colours(small),
        thumbhash=base64.b64encode(thumbhash(small)).decode(),
        phash=perceptual_hash(flatten(small, _BACKGROUND)),
    )


def analysis_jpeg(data: bytes, *, min_side: int = 1, max_side: int = 1280) -> AnalysisJpeg:
    """A JPEG for a label detector: upright, sRGB, at most `max_side` on its long side, no metadata.

    A side shorter than `min_side` is padded with white, which is also the background of transparent pixels.
    It is not enlarged: invented pixels do not help a detector, and 1x10000 would become 80x800000.
    """
    picture = load_scaled(data, lambda w, h: fit(w, h, (max_side, max_side)))
    image = flatten(picture.image, _BACKGROUND)
    size = max(image.width, min_side), max(image.height, min_side)
    share = image.width / size[0], image.height / size[1]
    if size != image.size:
        padded = Image.new("RGB", size, _BACKGROUND)
        padded.paste(image)
        image = padded
    return AnalysisJpeg(encode("analysis", image, "JPEG").data, share)


def _properties(picture: Picture) -> dict[str, Any]:
    found: dict[str, Any] = {
        "width": picture.width,
        "height": picture.height,
        "format": picture.format,
        "mode": picture.mode,
        "has_alpha": picture.has_alpha,
        "orientation": picture.orientation,
        "has_profile": bool(picture.info.get("icc_profile")),
    }
    dpi = picture.info.get("dpi")
    if isinstance(dpi, tuple) and len(dpi) == 2 and all(_is_sane(value) for value in dpi):
        found |= {"dpi_x": round(float(dpi[0]), 2), "dpi_y": round(float(dpi[1]), 2)}
    return found


def _is_sane(value: Any) -> bool:
    try:
        return 0 < float(value) < 1_000_000
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return False


def _exif(exif: Image.Exif) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag, name in _CAMERA.items():
        _take(found, name, exif, tag)
    try:
        shot = exif.get_ifd(_DIRECTORY_OF_THE_SHOT)
    except DECODE_ERRORS:
        return found
    for tag, name in _SHOT.items():
        _take(found, name, shot, tag)
    return found


def _take(found: dict[str, Any], name: str, directory: Any, tag: int) -> None:
    try:
        value = _clean(name, directory.get(tag))
    except DECODE_ERRORS:
        return
    if value is not None:
        found[name] = value


def _clean(name: str, value: Any) -> str | int | float | None:
    """A value suitable for an event: a short printable text or a finite number. None for everything else."""
    if isinstance(value, tuple) and value:
        value = value[0]
    if isinstance(value, str):
        # A text ends at its first NUL: behind it may be anything from the camera's memory.
        text = value.partition("\0")[0]
        return _text(name, "".join(c for c in text if c.isprintable()).strip()[:_MAX_TEXT])
    if value is None or isinstance(value, bytes):
        return None
    try:
        number = value if isinstance(value, int) else round(float(value), 6)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if abs(number) < 2**31 else None


def _text(name: str, text: str) -> str | None:
    if name == "taken_at":
        match = _TAKEN.fullmatch(text)
        return "{}-{}-{}T{}".format(*match.groups()) if match else None
    if name == "taken_at_offset" and not _OFFSET.fullmatch(text):
        return None
    return text or None
