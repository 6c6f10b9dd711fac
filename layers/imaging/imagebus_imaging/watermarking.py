"""Watermarks: a text or a logo on a copy of the image with a limited long side."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from imagebus_imaging.decoders import decode_failures_are_rejections, open_image
from imagebus_imaging.encoding import encode, output_format_for
from imagebus_imaging.interface import Derived, WatermarkSpec
from imagebus_imaging.raster import flatten, load_scaled
from imagebus_imaging.resizing import fit, scale

_PROBE = 100.0
_OUTLINE = 1 / 22  # of the font size: white with a dark edge is readable on light and dark
_MAX_TEXT = 200


def watermark(
    data: bytes,
    spec: WatermarkSpec,
    *,
    output_format: str | None = None,
    quality: int | None = None,
    background: str = "#ffffff",
) -> Derived:
    """The image, upright and at most `spec.max_side` on its long side, with the mark on it.

    The mark never extends beyond the edge, whatever its shape and scale. Output formats and transparency as
    in `thumbnails`. Raises `Rejected` for bytes that do not decode, ValueError for a logo that does not.
    """
    picture = load_scaled(data, lambda w, h: fit(w, h, (spec.max_side, spec.max_side)))
    chosen = output_format_for(picture.format, output_format)
    image = flatten(picture.image, background) if chosen == "JPEG" else picture.image
    mark = _logo(spec.logo, image.size, spec.scale) if spec.logo else _text(spec.text, image.size, spec.scale)
    if mark is not None:
        image = _stamp(image, mark, spec)
    return encode("watermarked", image, chosen, quality)


def _stamp(image: Image.Image, mark: Image.Image, spec: WatermarkSpec) -> Image.Image:
    opacity = min(1.0, max(0.0, spec.opacity))
    mark.putalpha(mark.getchannel("A").point([round(value * opacity) for value in range(256)]))
    if image.mode == "L" and spec.logo:
        image = image.convert("RGB")
    x, y = _place(spec.position, image.size, mark.size)
    box = (x, y, x + mark.width, y + mark.height)
    # Only the pixels under the mark change.
    under = image.crop(box).convert("RGBA")
    under.alpha_composite(mark)
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


def _logo(logo: bytes, canvas: tuple[int, int], relative: float) -> Image.Image:
    with decode_failures_are_rejections():
        mark = open_image(logo, "PNG").convert("RGBA")
    room = _room(canvas, relative)
    ratio = min(room[0] / mark.width, room[1] / mark.height)
    size = max(1, round(mark.width * ratio)), max(1, round(mark.height * ratio))
    return scale(mark, size)
