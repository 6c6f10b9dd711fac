"""Scaling in linear light: bright details keep their brightness, for several times the cost. Loaded when
asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image, ImageMath

_DEPTH = 65_535
_TO_LIGHT = [(v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4) for v in range(256)]
_FROM_LIGHT = [
    round(255 * (v / _DEPTH * 12.92 if v <= 205 else 1.055 * (v / _DEPTH) ** (1 / 2.4) - 0.055))
    for v in range(_DEPTH + 1)
]


def scale(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """L, RGB or RGBA in sRGB at that size, weighted by alpha."""
    if image.size == size:
        return image
    alpha = image.getchannel("A").point([v / 255 for v in range(256)], "F") if image.mode == "RGBA" else None
    small_alpha = _resized(alpha, size) if alpha is not None else None
    channels = []
    for name in image.mode.removesuffix("A"):
        light = image.getchannel(name).point(_TO_LIGHT, "F")
        if alpha is None or small_alpha is None:
            light = _resized(light, size)
        else:
            weighted = _resized(_eval(lambda a: a["x"] * a["y"], light, alpha), size)
            light = _eval(lambda a: a["x"] / a["max"](a["y"], 1e-6), weighted, small_alpha)
        channels.append(_stored(light).point(_FROM_LIGHT, "L"))
    if small_alpha is not None:
        channels.append(_stored(small_alpha).point([v * 255 // _DEPTH for v in range(_DEPTH + 1)], "L"))
    return Image.merge(image.mode, channels) if len(channels) > 1 else channels[0]


def _resized(light: Image.Image, size: tuple[int, int]) -> Image.Image:
    return light.resize(size, Image.Resampling.LANCZOS)


def _eval(rule: Callable[[Any], Any], x: Image.Image, y: Image.Image) -> Image.Image:
    made: Image.Image = ImageMath.lambda_eval(lambda names: names["convert"](rule(names), "F"), x=x, y=y)
    return made


def _stored(light: Image.Image) -> Image.Image:
    """0 to 1 as a whole number of 16 bits."""
    made: Image.Image = ImageMath.lambda_eval(
        lambda a: a["convert"](a["min"](a["max"](a["x"] * _DEPTH + 0.5, 0), _DEPTH), "I"), x=light
    )
    return made
