"""Watermarks: a text or a logo on a copy of the image that is at most so many pixels on its long side."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from imagebus_imaging.decoding import decode_failures_are_rejections, open_image
from imagebus_imaging.encoding import encode, output_format_for
from imagebus_imaging.model import Derived, WatermarkSpec
from imagebus_imaging.raster import flatten, load_scaled
from imagebus_imaging.resizing import fit


def watermark(data: bytes, spec: WatermarkSpec, *, output_format: str | None = None) -> Derived:
    """The image, upright and at most `spec.max_side` on its long side, with the mark on it."""
    image, source = load_scaled(data, lambda w, h: fit(w, h, (spec.max_side, spec.max_side)))
    mark = _logo(spec.logo, image.size, spec.scale) if spec.logo else _text(spec.text, image.size, spec.scale)
    opacity = min(1.0, max(0.0, spec.opacity))
    mark.putalpha(mark.getchannel("A").point(lambda value: value * opacity))
    canvas = image.convert("RGBA")
    canvas.alpha_composite(mark, _place(spec.position, image.size, mark.size))
    chosen = output_format_for(source.format or "", output_format)
    result = flatten(canvas, "#ffffff") if chosen == "JPEG" or image.mode != "RGBA" else canvas
    return encode("watermarked", result, chosen)


def _place(position: str, canvas: tuple[int, int], mark: tuple[int, int]) -> tuple[int, int]:
    margin = max(0, min(canvas) // 50)
    free = canvas[0] - mark[0], canvas[1] - mark[1]
    x = margin if "left" in position else free[0] - margin if "right" in position else free[0] // 2
    y = margin if "top" in position else free[1] - margin if "bottom" in position else free[1] // 2
    return min(max(0, x), max(0, free[0])), min(max(0, y), max(0, free[1]))


def _text(text: str, canvas: tuple[int, int], relative: float) -> Image.Image:
    width = max(1, min(canvas[0], round(canvas[0] * relative)))
    probe = ImageFont.load_default(100)
    left, top, right, bottom = probe.getbbox(text, stroke_width=4)
    size = max(1.0, 100 * min(width / max(1, right - left), canvas[1] / max(1, bottom - top)))
    font = ImageFont.load_default(size)
    stroke = max(1, round(size / 25))
    left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
    box = max(1, round(right - left)), max(1, round(bottom - top))
    mark = Image.new("RGBA", box, (0, 0, 0, 0))
    # White with a dark edge: readable on light and on dark.
    ImageDraw.Draw(mark).text(
        (-left, -top), text, (255, 255, 255, 255), font, stroke_width=stroke, stroke_fill=(0, 0, 0, 255)
    )
    return mark.crop((0, 0, min(box[0], canvas[0]), min(box[1], canvas[1])))


def _logo(logo: bytes, canvas: tuple[int, int], relative: float) -> Image.Image:
    with decode_failures_are_rejections():
        mark = open_image(logo, "PNG").convert("RGBA")
    width = max(1, min(canvas[0], round(canvas[0] * relative)))
    ratio = min(width / mark.width, canvas[1] / mark.height)
    size = max(1, round(mark.width * ratio)), max(1, round(mark.height * ratio))
    return mark.resize(size, Image.Resampling.LANCZOS)
