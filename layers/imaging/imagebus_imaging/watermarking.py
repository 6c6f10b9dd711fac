"""Watermarks: a text or a logo on a copy of the image with a limited long side."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from imagebus_imaging.decoders import DECODE_ERRORS, open_image
from imagebus_imaging.encoding import encode, output_format_for
from imagebus_imaging.geometry import MAX_SIDE, WEBP_SIDE, fit
from imagebus_imaging.interface import Derived, Rejected
from imagebus_imaging.raster import flatten, load_scaled
from imagebus_imaging.resizing import scale

if TYPE_CHECKING:
    from imagebus.recipes.model import Watermark

_PROBE = 100.0
_OUTLINE = 1 / 22  # of the font size: white with a dark edge is readable on light and dark
_MAX_TEXT = 200
_LOGO_ERRORS: tuple[type[Exception], ...] = (Rejected, *DECODE_ERRORS)
_MAX_LOGO_PIXELS = 25_000_000


def watermark(data: bytes, mark: Watermark) -> Derived:
    """The image, upright and at most `mark.max_side` on its long side, with the mark on it.

    The mark never extends beyond the edge, whatever its shape and scale. Raises `Rejected` for bytes that do
    not decode, ValueError for a logo that does not.
    """
    logo = open_logo(mark.logo) if mark.logo else None
    longest = min(mark.max_side, WEBP_SIDE if mark.format == "webp" else MAX_SIDE)
    picture = load_scaled(data, lambda w, h: fit(w, h, (longest, longest)))
    chosen = output_format_for(picture.format, mark.format)
    image = flatten(picture.image, mark.background) if chosen == "JPEG" else picture.image
    stamp = (
        _fitted(logo, image.size, mark.scale)
        if logo is not None
        else _text(mark.text, image.size, mark.scale)
    )
    if stamp is not None:
        image = _stamped(image, stamp, mark)
    return encode("watermarked", image, chosen)


def _stamped(image: Image.Image, stamp: Image.Image, mark: Watermark) -> Image.Image:
    opacity = min(1.0, max(0.0, mark.opacity))
    stamp.putalpha(stamp.getchannel("A").point([round(value * opacity) for value in range(256)]))
    if image.mode == "L" and mark.logo:
        image = image.convert("RGB")
    x, y = _place(mark.position, image.size, stamp.size)
    box = (x, y, x + stamp.width, y + stamp.height)
    # Only the pixels under the mark change.
    under = image.crop(box).convert("RGBA")
    under.alpha_composite(stamp)
    image.paste(under.convert(image.mode), box)
    return image


def _place(position: str, canvas: tuple[int, int], mark: tuple[int, int]) -> tuple[int, int]:
    margin = min(canvas) // 40
    free_x, free_y = canvas[0] - mark[0], canvas[1] - mark[1]
    x = margin if "left" in position else free_x - margin if "right" in position else free_x // 2
    y = margin if "top" in position else free_y - margin if "bottom" in position else free_y // 2
    return min(max(0, x), free_x), min(max(0, y), free_y)


def _room(canvas: tuple[int, int], relative: float) -> tuple[int, int]:
    """The size that the mark may have: a fraction of the width, and never more than the image."""
    return max(1, min(canvas[0], round(canvas[0] * max(0.0, relative)))), canvas[1]


def _text(text: str, canvas: tuple[int, int], relative: float) -> Image.Image | None:
    line = " ".join(text.split())[:_MAX_TEXT]
    if not line:
        return None
    room = _room(canvas, relative)
    probe = ImageFont.load_default(_PROBE)
    left, top, right, bottom = probe.getbbox(line, stroke_width=_PROBE * _OUTLINE)
    size = max(1.0, _PROBE * min(room[0] / max(1.0, right - left), room[1] / max(1.0, bottom - top)))
    font = ImageFont.load_default(size)
    stroke = max(0.5, size * _OUTLINE)
    left, top, right, bottom = font.getbbox(line, stroke_width=stroke)
    mark = Image.new("RGBA", (max(1, round(right - left)), max(1, round(bottom - top))))
    ImageDraw.Draw(mark).text(
        (-left, -top), line, (255, 255, 255, 255), font, stroke_width=stroke, stroke_fill=(0, 0, 0, 255)
    )
    # Rounding up to whole pixels must not push a mark over the edge of a tiny image.
    return mark.crop((0, 0, min(mark.width, canvas[0]), min(mark.height, canvas[1])))


def open_logo(logo: str) -> Image.Image:
    """From a PNG in base64. Raises ValueError, not `Rejected`: an upload is not to blame for the logo."""
    try:
        png = open_image(base64.b64decode(logo, validate=True), "PNG")
        if png.width * png.height <= _MAX_LOGO_PIXELS:
            return png.convert("RGBA")
    except _LOGO_ERRORS as error:
        raise ValueError(f"the logo is not a PNG that can be read: {error}") from None
    raise ValueError(f"the logo has more than {_MAX_LOGO_PIXELS} pixels")


def _fitted(logo: Image.Image, canvas: tuple[int, int], relative: float) -> Image.Image:
    room = _room(canvas, relative)
    ratio = min(room[0] / logo.width, room[1] / logo.height)
    size = max(1, round(logo.width * ratio)), max(1, round(logo.height * ratio))
    return scale(logo, size)
