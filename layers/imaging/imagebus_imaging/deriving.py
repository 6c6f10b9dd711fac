"""Derived images: one decode for all of them, then large to small, each scaled from the one before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, NamedTuple

from PIL import Image

from imagebus.recipes.model import OutputFormat, Variant
from imagebus_imaging.composing import Look, compose
from imagebus_imaging.encoding import ANIMATED_QUALITY, encode, output_format_for
from imagebus_imaging.focus import Face, Focus
from imagebus_imaging.geometry import MAX_SIDE, WEBP_SIDE, Shape, Size, enclosing, shape_of
from imagebus_imaging.interface import Derived, Output
from imagebus_imaging.raster import Picture, flatten, load_scaled
from imagebus_imaging.resizing import scale, scale_in_turn


def derive(data: bytes, outputs: Sequence[Output], *, faces: Sequence[Face] = ()) -> list[Derived]:
    """The outputs in their order, each with its name. `Variant` says what each looks like.

    `faces` are boxes (left, top, width, height) in fractions of the image as displayed, for the variants that
    focus on them. An animation gives a still of its first frame unless the variant is animated, and also
    where its frames are too many to hold. Raises `Rejected` for bytes that do not decode.
    """
    if not outputs:
        return []
    shapes: list[Shape] = []
    lights = {output.variant.linear for output in outputs}

    def decoded(width: int, height: int) -> Size:
        for output in outputs:
            longest = WEBP_SIDE if output.format == "webp" else MAX_SIDE
            shapes.append(shape_of(output.variant, width, height, longest))
        # Linear light needs all pixels. Where only some variants have it, the others use the same decode.
        return enclosing({s.scaled for s in shapes}, width, height) if len(lights) == 1 else (width, height)

    picture = load_scaled(data, decoded, linear=lights == {True})
    focus = Focus(picture.image, faces)
    wanted = [_wanted(output, shape, picture, focus) for output, shape in zip(outputs, shapes, strict=True)]
    made = _moving(data, picture, wanted)
    scaled = _scaled(picture.image, [each.look for each in wanted])
    composed: dict[Look, Image.Image] = {}
    for each in wanted:
        if each in made:
            continue
        look = each.look
        if look not in composed:
            composed[look] = compose(scaled[look.linear, look.behind, look.shape.scaled], look)
        made[each] = encode("", composed[look], each.format, each.quality)
    return [replace(made[each], name=output.name) for output, each in zip(outputs, wanted, strict=True)]


def thumbnails(data: bytes, boxes: Iterable[Size], **settings: Any) -> list[Derived]:
    """`derive` for boxes instead of variants: for each box and format one image, named `"WxH"` after the box.

    `settings` are those of `Variant`, and equal for all boxes.
    """
    variants = [(f"{box[0]}x{box[1]}", Variant(width=box[0], height=box[1], **settings)) for box in boxes]
    return derive(data, [_Plain(name, each, form) for name, each in variants for form in each.formats])


@dataclass(frozen=True, slots=True)
class _Plain:
    name: str
    variant: Variant
    format: OutputFormat


class _Wanted(NamedTuple):
    """What is encoded. `quality` is None for the format's default, `animated` is the quality of an animation,
    None for a still.
    """

    look: Look
    format: str
    quality: int | None
    animated: int | None


def _wanted(output: Output, shape: Shape, picture: Picture, focus: Focus) -> _Wanted:
    variant = output.variant
    image_format = output_format_for(picture.format, output.format)
    quality: Mapping[str, int] = dict(variant.quality)  # type: ignore[arg-type]
    look = Look(
        shape,
        focus.offset(variant, shape),
        variant.background if image_format == "JPEG" and picture.image.mode == "RGBA" else None,
        variant.background if variant.fit == "contain" else None,
        variant.sharpen,
        variant.linear,
    )
    moves = variant.animated and output.format in ("source", "webp")
    animated = quality.get("webp", ANIMATED_QUALITY) if moves else None
    return _Wanted(look, image_format, quality.get(image_format.lower()), animated)


def _moving(data: bytes, picture: Picture, wanted: Iterable[_Wanted]) -> dict[_Wanted, Derived]:
    animated = {each: (each.look, each.animated) for each in wanted if each.animated is not None}
    if not animated:
        return {}
    size, orientation = (picture.width, picture.height), picture.orientation
    animations = import_module("imagebus_imaging.animating").animations
    found = animations(data, list(dict.fromkeys(animated.values())), size, orientation)
    return {each: found[key] for each, key in animated.items() if key in found}


def _scaled(image: Image.Image, looks: Sequence[Look]) -> Mapping[tuple[bool, str | None, Size], Image.Image]:
    """By light, the colour behind transparent pixels, and size."""
    made = {}
    for linear, behind in dict.fromkeys((look.linear, look.behind) for look in looks):
        start = image if behind is None else flatten(image, behind)
        how = import_module("imagebus_imaging.linearlight").scale if linear else scale
        sizes = {look.shape.scaled for look in looks if (look.linear, look.behind) == (linear, behind)}
        for size, scaled in scale_in_turn(start, sizes, how).items():
            made[linear, behind, size] = scaled
    return made
