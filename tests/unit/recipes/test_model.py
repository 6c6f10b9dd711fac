"""Definitions: their ids never change, and what cannot be is refused with the place where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.recipes.model import Active, InvalidRecipe, Recipe, RecipeSet, Variant, Watermark

SMALL = {"width": 100, "height": 80}
EVERYTHING: dict[str, Any] = {
    "width": 1200,
    "height": 630,
    "fit": "cover",
    "focus": "faces",
    "background": "#102030",
    "formats": ["avif", "webp", "source"],
    "quality": {"avif": 50, "webp": 70},
    "sharpen": 40,
    "linear": True,
    "animated": True,
}
MARK = {"text": "shop ☺", "position": "top", "opacity": 1, "scale": 0.5, "max_side": 640, "format": "webp"}


def a_set(*rules: Any) -> Any:
    return {"recipes": list(rules)}


def a_rule(name: str = "all", **more: Any) -> dict[str, Any]:
    return {"name": name, "variants": {"small": SMALL}, **more}


def test_ids_are_what_they_were_when_objects_and_logs_got_them() -> None:
    """If this fails, every image of every stack would be derived again."""
    assert Variant.read(SMALL).id == "4e9ede4514d9"
    assert Variant.read(EVERYTHING).id == "e043b0b3d425"
    assert Variant.read(SMALL).output_id("source", "2026-11.7") == "615a4fa6f6f2"
    assert Variant.read(EVERYTHING).output_id("avif", "2026-11.7", "f" * 12) == "76641d80c148"
    assert Watermark.read(MARK).output_id("2026-11.7") == "b0d35d77db81"
    assert Recipe.read({"variants": {"a": SMALL, "b": EVERYTHING}, "watermark": MARK}).id == "fe4f7e5698ff"
    assert RecipeSet.read(a_set(a_rule(match={"prefix": "x/"}), a_rule("rest"))).id == "ad9f0f93b6ba"


def test_a_name_and_a_match_are_no_part_of_the_recipe() -> None:
    one = RecipeSet.read(a_set(a_rule(match={"prefix": "x/"}), a_rule("rest")))
    assert (
        one.recipes[0].recipe.id == one.recipes[1].recipe.id == Recipe.read({"variants": {"small": SMALL}}).id
    )


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"formats": ["webp", "jpeg"]}, True),
        ({"quality": {"jpeg": 10}}, True),
        ({"quality": {"webp": 10}}, False),
        ({"sharpen": 1}, False),
        ({"width": 101}, False),
        ({"linear": True}, False),
        ({"background": "#000000"}, False),
    ],
)
def test_an_object_is_another_one_if_its_bytes_could_be(change: dict[str, Any], same: bool) -> None:
    before, after = Variant.read(SMALL), Variant.read(SMALL | change)
    assert (before.output_id("webp", "1") == after.output_id("webp", "1")) is same


def test_every_quality_counts_where_the_upload_decides_the_format() -> None:
    before, after = Variant.read(SMALL), Variant.read(SMALL | {"quality": {"jpeg": 10}})
    assert before.output_id("source", "1") != after.output_id("source", "1")


def test_a_newer_engine_other_faces_and_another_format_are_other_objects() -> None:
    variant = Variant.read(EVERYTHING)
    ids = [
        variant.output_id("webp", "1"),
        variant.output_id("webp", "2"),
        variant.output_id("avif", "1"),
        variant.output_id("webp", "1", "a" * 12),
        variant.output_id("webp", "1", "b" * 12),
    ]
    assert len(set(ids)) == len(ids)


def test_the_first_rule_that_fits_decides() -> None:
    recipes = RecipeSet.read(
        a_set(
            a_rule("moving", match={"prefix": "shop/", "formats": ["gif", "webp"]}),
            a_rule("shop", match={"prefix": "shop/"}),
            a_rule("tiff", match={"formats": ["tiff"]}),
            a_rule("rest"),
        )
    )
    chosen = {
        (key, upload): recipes.rule_for(key, upload).name
        for key in ("shop/a", "Shop/a", "a")
        for upload in ("GIF", "TIFF", "JPEG")
    }
    assert chosen == {
        ("shop/a", "GIF"): "moving",
        ("shop/a", "TIFF"): "shop",
        ("shop/a", "JPEG"): "shop",
        ("Shop/a", "GIF"): "rest",
        ("Shop/a", "TIFF"): "tiff",
        ("Shop/a", "JPEG"): "rest",
        ("a", "GIF"): "rest",
        ("a", "TIFF"): "tiff",
        ("a", "JPEG"): "rest",
    }


def test_the_active_set_comes_before_the_earlier_ones() -> None:
    one, two = RecipeSet.read(a_set(a_rule())), RecipeSet.read(a_set(a_rule("two")))
    assert Active(one, (two,)).in_order == (one, two)
    assert Active().in_order == ()


REFUSED: dict[str, tuple[Any, str, str]] = {
    "no object": ([], "$", "Expected `object`, got `array`"),
    "no recipes": ({}, "$", "missing required field `recipes`"),
    "an empty set": (a_set(), "$.recipes", "length >= 1"),
    "an unknown field": (a_set(a_rule()) | {"version": 1}, "$", "unknown field `version`"),
    "an unknown field of a rule": (a_set(a_rule(size=1)), "$.recipes[0]", "unknown field `size`"),
    "an unknown field of a variant": (
        a_set(a_rule(variants={"small": SMALL | {"colour": "red"}})), "$.recipes[0].variants[...]",
        "unknown field `colour`",
    ),
    "no variant": (a_set(a_rule(variants={})), "$.recipes[0].variants", "length >= 1"),
    "a name with a slash": (a_set(a_rule("a/b")), "$.recipes[0].name", "matching regex"),
    "a name with a line break": (a_set(a_rule("a\n")), "$.recipes[0].name", "matching regex"),
    "a variant's name in capitals": (
        a_set(a_rule(variants={"A": SMALL})), "$.recipes[0].variants", "matching regex",
    ),
    "a value that looks like a path": (
        a_set(a_rule(match={"formats": ["a - at `$.b`"]}), a_rule("rest")),
        "$.recipes[0].match.formats[0]", "'a - at",
    ),
    "two names": (a_set(a_rule(match={"prefix": "x"}), a_rule()), "$", "two recipes have the same name"),
    "a last recipe with a match": (a_set(a_rule(match={"prefix": "x"})), "$", "the last recipe must fit"),
    "a recipe that is never used": (a_set(a_rule("one"), a_rule("two")), "$", "one fits every upload"),
    "an unknown upload format": (
        a_set(a_rule(match={"formats": ["bmp"]}), a_rule("rest")), "$.recipes[0].match.formats[0]", "'bmp'",
    ),
}  # fmt: skip

REFUSED_VARIANTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "no side": ({}, "$", "needs a width, a height, or both"),
    "one side of a cover": ({"width": 10, "fit": "cover"}, "$", "fit: cover needs a width and a height"),
    "a focus without a cover": (SMALL | {"focus": "faces"}, "$", "focus: faces needs fit: cover"),
    "no format": (SMALL | {"formats": []}, "$.formats", "length >= 1"),
    "a format twice": (SMALL | {"formats": ["webp", "webp"]}, "$", "a format is named twice"),
    "an unknown format": (SMALL | {"formats": ["gif"]}, "$.formats[0]", "'gif'"),
    "a width of nothing": (SMALL | {"width": 0}, "$.width", ">= 1"),
    "a width in words": (SMALL | {"width": "100"}, "$.width", "Expected `int | null`"),
    "half a pixel": (SMALL | {"width": 10.5}, "$.width", "Expected `int | null`"),
    "a colour by name": (SMALL | {"background": "white"}, "$.background", "matching regex"),
    "a quality of 101": (SMALL | {"quality": {"webp": 101}}, "$.quality[...]", "<= 100"),
    "the quality of a PNG": (SMALL | {"quality": {"png": 9}}, "$.quality", "'png'"),
    "an unknown fit": (SMALL | {"fit": "fill"}, "$.fit", "'fill'"),
    "too much sharpening": (SMALL | {"sharpen": 201}, "$.sharpen", "<= 200"),
}


@pytest.mark.parametrize(("file", "path", "message"), REFUSED.values(), ids=REFUSED)
def test_a_set_is_refused_where_it_is_wrong(file: Any, path: str, message: str) -> None:
    with pytest.raises(InvalidRecipe) as caught:
        RecipeSet.read(file)
    assert (caught.value.path, message in caught.value.message) == (path, True), caught.value


@pytest.mark.parametrize(("variant", "path", "message"), REFUSED_VARIANTS.values(), ids=REFUSED_VARIANTS)
def test_a_variant_is_refused_where_it_is_wrong(variant: Any, path: str, message: str) -> None:
    with pytest.raises(InvalidRecipe) as caught:
        Variant.read(variant)
    assert (caught.value.path, message in caught.value.message) == (path, True), caught.value


def test_a_watermark_has_a_text_or_a_logo_and_a_recipe_at_most_fifty_objects() -> None:
    with pytest.raises(InvalidRecipe, match="a text or a logo"):
        Watermark.read({"text": "a", "logo": "b"})
    five = {"width": 1, "formats": ["source", "jpeg", "png", "webp", "avif"]}
    Recipe.read({"variants": {f"v{number}": five for number in range(10)}})
    with pytest.raises(InvalidRecipe, match="at most 50 derived images"):
        Recipe.read({"variants": {f"v{number}": five for number in range(11)}})
