"""The recipe of a stack that has promoted none: its template's parameters."""

from __future__ import annotations

from collections.abc import Mapping

from imagebus.recipes.model import Recipe


def recipe_of(env: Mapping[str, str]) -> Recipe:
    """From the function's environment. Raises KeyError, ValueError or InvalidRecipe.

    A thumbnail is named by its box, such as `320x320`.
    """
    output_format = "source" if env["OUTPUT_FORMAT"] == "auto" else env["OUTPUT_FORMAT"].lower()
    shared = {
        "background": env["BACKGROUND"],
        "formats": [output_format],
        "linear": env["LINEAR_LIGHT"] == "true",
        "animated": env["ANIMATED_THUMBNAILS"] == "true",
    }
    variants = {}
    for size in env["THUMBNAIL_SIZES"].split(","):
        width, _, height = size.strip().partition("x")
        variants[f"{width}x{height}"] = {"width": int(width), "height": int(height), **shared}
    watermark = {
        "text": env["WATERMARK_TEXT"],
        "position": env["WATERMARK_POSITION"],
        "opacity": float(env["WATERMARK_OPACITY"]),
        "scale": float(env["WATERMARK_SCALE"]),
        "max_side": int(env["MAX_SIDE"]),
        "format": output_format,
    }
    return Recipe.read({"variants": variants, "watermark": watermark})
