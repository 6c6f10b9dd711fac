"""Variants of a promoted recipe, as the API offers them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import Image

from api.addressing import address
from imagebus.recipes.model import RecipeSet, Rule
from imagebus.recipes.store import DynamoDBRecipes
from tests.e2e.api_client import Client
from tests.e2e.harness import Pipeline, eventually, jpeg
from tests.unit.api.test_accept import CHROME, SAFARI_10, SAFARI_14

PREFIX = "tests/variants/"
MIME = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}


def test_variants_are_listed_and_chosen_by_accept(pipeline: Pipeline, client: Client) -> None:
    key = pipeline.upload(pipeline.key("a&b.jpg"), jpeg())
    pipeline.wait(key)
    shown = client("GET", f"{address(key)}/variants").json()
    assert (shown["key"], shown["outdated"]) == (key, False)
    for name, variant in shown["variants"].items():
        (file,) = variant["formats"]
        stored = requests.get(file["url"], timeout=30)
        assert (stored.headers["content-type"], len(stored.content)) == (file["mime"], file["bytes"])
        redirect = client("GET", variant["link"], headers={"Accept": "image/avif,image/*;q=0.5"})
        assert (redirect.status_code, redirect.headers["vary"]) == (302, "Accept"), name
        assert requests.get(redirect.headers["location"], timeout=30).content == stored.content
    refused = client("GET", variant["link"], headers={"Accept": "image/avif"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")
    assert file["url"].split("?")[0] in "".join(picture["html"] for picture in shown["pictures"])


def promote(recipes: DynamoDBRecipes, **variants: object) -> RecipeSet:
    """For uploads below PREFIX. All others keep the recipe of the parameters."""
    default = recipes.default()
    promoted = RecipeSet(
        recipes=(
            Rule.read({"name": "e2e", "match": {"prefix": PREFIX}, "variants": variants}),
            Rule(name="default", variants=default.variants, watermark=default.watermark),
        )
    )
    recipes.promote(promoted, by="e2e")
    return promoted


@pytest.mark.embedded("it promotes recipes")
def test_each_browser_gets_its_format_of_each_variant(
    pipeline: Pipeline, client: Client, recipes: DynamoDBRecipes
) -> None:
    pipeline.wait(pipeline.upload(pipeline.key(), jpeg()))  # the validator has stored the default
    square = {"width": 64, "height": 64, "fit": "cover", "formats": ["avif", "webp", "jpeg"]}
    wide = {"width": 320, "formats": ["webp", "jpeg"]}
    promoted = promote(recipes, square=square, wide=wide)
    recipe = promoted.recipe_for(PREFIX, "JPEG").id

    def uploaded() -> str | None:
        """A function may use what was active before for a second."""
        key = pipeline.upload(PREFIX + pipeline.key(), jpeg())
        return key if pipeline.wait(key)["recipe"] == recipe else None

    key = eventually(uploaded, within=30, what="an upload by the promoted recipe")

    def current() -> dict[str, Any] | None:
        """So may the API."""
        shown: dict[str, Any] = client("GET", f"{address(key)}/variants").json()
        return None if shown["outdated"] else shown

    shown = eventually(current, within=10, what="the API knows the promoted recipe")
    assert shown["recipe"] == recipe
    assert [each["variants"] for each in shown["pictures"]] == [["wide"], ["square"]]
    for accept, name, image_format in (
        (CHROME, "square", "avif"),
        (SAFARI_14, "square", "webp"),
        (SAFARI_10, "square", "jpeg"),
        (CHROME, "wide", "webp"),
        ("*/*", "wide", "jpeg"),
    ):
        answer = client("GET", f"{address(key)}/variants/{name}", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["vary"]) == (302, "Accept")
        stored = requests.get(answer.headers["location"], timeout=30)
        assert stored.headers["content-type"] == MIME[image_format], (accept, name)
        if image_format != "avif":
            expected = (64, 64) if name == "square" else (320, 240)
            assert Image.open(BytesIO(stored.content)).size == expected
    refused = client("GET", f"{address(key)}/variants/wide", headers={"Accept": "image/avif"})
    assert (refused.status_code, refused.json()["code"]) == (406, "not_acceptable")

    promote(recipes, square={**square, "width": 32, "height": 32})

    def outdated() -> str | None:
        shown = client("GET", f"{address(key)}/variants").json()
        return shown["recipe"] if shown["outdated"] else None

    assert eventually(outdated, within=10, what="the promotion reaches the API") == recipe
