"""Thumbnails: one decode, then large to small, each made from the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module

from PIL import Image

from imagebus_imaging.encoding import encode, output_format_for
from imagebus_imaging.interface import Derived
from imagebus_imaging.raster import flatten, load_scaled
from imagebus_imaging.resizing import fit, scale


def thumbnails(
    data: bytes,
    sizes: Sequence[tuple[int, int]],
    *,
    output_format: str | None = None,
    quality: int | None = None,
    background: str = "#ffffff",
    linear: bool = False,
    animated: bool = False,
) -> list[Derived]:
    """One image per box of `sizes`, in their order, named `"WxH"` after the box; never enlarged.

    `output_format` is None or "auto" (as the source; GIF gives PNG; HEIF, TIFF and JXL give JPEG), JPEG,
    PNG, WEBP or AVIF. Transparency is kept where the output can hold it and composited over `background` for
    JPEG. An animation gives a still of its first frame. `linear` scales in linear light. Raises `Rejected`
    for bytes
    that do not decode.

    `animated` gives animated WebP for GIF and WebP that move, where the output format is "auto" or WEBP; a
    still in sizes whose frames are too many to hold.
    """
    fitted: dict[tuple[int, int], tuple[int, int]] = {}

    def largest(width: int, height: int) -> tuple[int, int]:
        fitted.update({box: fit(width, height, box) for box in sizes})
        return max(fitted.values())

    picture = load_scaled(data, largest, linear=linear)
    chosen = output_format_for(picture.format, output_format)
    current = flatten(picture.image, background) if chosen == "JPEG" else picture.image
    shrink = import_module("imagebus_imaging.linearlight").scale if linear else scale
    made: dict[tuple[int, int], Image.Image] = {}
    for size in sorted(set(fitted.values()), reverse=True):
        current = made[size] = shrink(current, size)
    moving: Mapping[tuple[int, int], Derived] = {}
    if animated and chosen in ("WEBP", "PNG") and output_format in (None, "auto", "WEBP"):
        moving = import_module("imagebus_imaging.animating").animations(data, sizes, quality or 80)
    return [
        replace(moving[fitted[box]], name=_name(box))
        if fitted[box] in moving
        else encode(_name(box), made[fitted[box]], chosen, quality)
        for box in sizes
    ]


def _name(box: tuple[int, int]) -> str:
    return f"{box[0]}x{box[1]}"
