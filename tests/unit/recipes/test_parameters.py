"""The recipe of a stack that has promoted none follows from its template's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.recipes.model import InvalidRecipe, Recipe
from imagebus.recipes.parameters import recipe_of

DEFAULTS = {
    "THUMBNAIL_SIZES": "320x320, 640x480",
    "OUTPUT_FORMAT": "auto",
    "BACKGROUND": "#ffffff",
    "LINEAR_LIGHT": "false",
    "ANIMATED_THUMBNAILS": "false",
    "WATERMARK_TEXT": "imagebus",
    "WATERMARK_POSITION": "bottom-right",
    "WATERMARK_OPACITY": "0.5",
    "WATERMARK_SCALE": "0.25",
    "MAX_SIDE": "2048",
}


def recipe(variants: Any, **watermark: Any) -> Recipe:
    return Recipe.read({"variants": variants, "watermark": {"text": "imagebus", **watermark}})


def test_each_size_is_a_variant_that_is_named_by_its_box() -> None:
    boxes = {"320x320": {"width": 320, "height": 320}, "640x480": {"width": 640, "height": 480}}
    assert recipe_of(DEFAULTS) == recipe(boxes)


def test_every_parameter_is_in_the_recipe() -> None:
    changed = {
        "THUMBNAIL_SIZES": "10x20",
        "OUTPUT_FORMAT": "WEBP",
        "BACKGROUND": "#000000",
        "LINEAR_LIGHT": "true",
        "ANIMATED_THUMBNAILS": "true",
        "WATERMARK_TEXT": "shop",
        "WATERMARK_POSITION": "top",
        "WATERMARK_OPACITY": "1",
        "WATERMARK_SCALE": "0.1",
        "MAX_SIDE": "640",
    }
    variant = {
        "width": 10, "height": 20, "formats": ["webp"], "background": "#000000", "linear": True,
        "animated": True,
    }  # fmt: skip
    watermark = {
        "text": "shop", "position": "top", "opacity": 1.0, "scale": 0.1, "max_side": 640, "format": "webp",
    }  # fmt: skip
    assert recipe_of(changed) == recipe({"10x20": variant}, **watermark)
    ids = {recipe_of(DEFAULTS | {name: value}).id for name, value in changed.items()}
    assert len(ids | {recipe_of(DEFAULTS).id}) == len(changed) + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"THUMBNAIL_SIZES": "320"},
        {"THUMBNAIL_SIZES": ""},
        {"OUTPUT_FORMAT": "GIF"},
        {"BACKGROUND": "white"},
        {"WATERMARK_OPACITY": "2"},
        {"MAX_SIDE": "1"},
    ],
    ids=str,
)
def test_parameters_that_make_no_recipe_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises((InvalidRecipe, ValueError)):
        recipe_of(DEFAULTS | wrong)
