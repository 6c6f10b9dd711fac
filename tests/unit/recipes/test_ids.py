"""Ids of recipes and variants: what is written out in full is the same as what is left to its default."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imagebus.recipes.model import Recipe, RecipeSet, Variant, Watermark

VARIANT = {
    "width": 100,
    "height": 80,
    "fit": "inside",
    "focus": "centre",
    "background": "#ffffff",
    "formats": ["source"],
    "quality": {},
    "sharpen": 0,
    "linear": False,
    "animated": False,
}
WATERMARK = {
    "text": "",
    "logo": "",
    "position": "bottom-right",
    "opacity": 0.5,
    "scale": 0.25,
    "max_side": 2048,
    "format": "source",
    "background": "#ffffff",
}


def written(value: dict[str, Any]) -> dict[str, Any]:
    """As from a file: no object of it is one of the defaults."""
    return dict(json.loads(json.dumps(value)))


def test_a_default_that_is_written_out_changes_no_id() -> None:
    short = Variant(width=100, height=80)
    full = Variant.read(written(VARIANT))
    assert full.id == short.id
    assert full.output_id("source", "engine") == short.output_id("source", "engine")
    assert Watermark.read(written(WATERMARK)).output_id("engine") == Watermark().output_id("engine")


def test_ids_of_recipes_and_sets_do_not_depend_on_how_they_are_written() -> None:
    full = {"variants": {"small": VARIANT}, "watermark": WATERMARK}
    short = {"variants": {"small": {"width": 100, "height": 80}}, "watermark": {}}
    assert Recipe.read(written(full)).id == Recipe.read(written(short)).id
    sets = [
        RecipeSet.read(written({"recipes": [{"name": "all", "match": {"prefix": ""}, **full}]})),
        RecipeSet.read(written({"recipes": [{"name": "all", **short}]})),
    ]
    assert sets[0].id == sets[1].id


@pytest.mark.parametrize(("field", "value"), [("width", 101), ("sharpen", 1), ("background", "#fffffe")])
def test_everything_else_changes_the_id(field: str, value: object) -> None:
    assert Variant.read(VARIANT | {field: value}).id != Variant.read(VARIANT).id


def test_a_definition_is_read_as_it_was_kept() -> None:
    recipe = Recipe.read(written({"variants": {"small": VARIANT}, "watermark": WATERMARK}))
    assert Recipe.read(json.loads(recipe.canonical())) == recipe
