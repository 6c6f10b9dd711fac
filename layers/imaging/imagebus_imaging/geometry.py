"""How an image of some size fills the box of a variant. Imports no imaging library."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imagebus.recipes.model import Variant

Size = tuple[int, int]

#: The longest side that an encoder writes, WebP's and JPEG's. PNG and AVIF go further than any upload.
WEBP_SIDE, MAX_SIDE = 16_383, 65_500


@dataclass(frozen=True, slots=True)
class Shape:
    """The image is scaled to `scaled`, as a whole; `size` is that of the result. A result that is smaller
    is cropped, one that is larger is padded.
    """

    scaled: Size
    size: Size


def fit(width: int, height: int, box: tuple[float, float]) -> Size:
    """The largest size of the same shape inside the box, at least 1x1 and never larger than the image."""
    return _scaled(width, height, min(box[0] / width, box[1] / height, 1.0))


def shape_of(variant: Variant, width: int, height: int, longest: int = MAX_SIDE) -> Shape:
    """How an image of that size, as displayed, fills the variant's box. No side exceeds `longest`."""
    if variant.width is None or variant.height is None or variant.fit == "inside":
        box = min(variant.width or math.inf, longest), min(variant.height or math.inf, longest)
        size = fit(width, height, box)
        return Shape(size, size)
    box = variant.width, variant.height
    if variant.fit == "exact":
        return Shape(box, box)
    if variant.fit == "contain":
        return Shape(fit(width, height, box), box)
    ratio = max(box[0] / width, box[1] / height)
    if ratio <= 1:
        return Shape(_scaled(width, height, ratio), box)
    crop = min(width, _divided(height * box[0], box[1])), min(height, _divided(width * box[1], box[0]))
    return Shape((width, height), crop)


def enclosing(sizes: Collection[Size], width: int, height: int) -> Size:
    """The smallest size to decode an image to so that all of `sizes` can be made from it, as far as the
    image is large enough.
    """
    largest = max(size[0] for size in sizes), max(size[1] for size in sizes)
    if largest in sizes:
        return min(largest[0], width), min(largest[1], height)
    ratio = min(1.0, max(largest[0] / width, largest[1] / height))
    return max(1, math.ceil(width * ratio)), max(1, math.ceil(height * ratio))


def _scaled(width: int, height: int, ratio: float) -> Size:
    # Halves upwards, as libvips and sharp: Python's own rounding would take them to the even number.
    return max(1, int(width * ratio + 0.5)), max(1, int(height * ratio + 0.5))


def _divided(length: int, by: int) -> int:
    return max(1, (2 * length + by) // (2 * by))
