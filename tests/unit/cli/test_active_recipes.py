"""`imagebus list`, `status`, `diff` and `get` on a stack that has promoted a set of recipes."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from imagebus.clock import timestamp
from imagebus.history.required import DEFAULT
from imagebus.recipes.model import RecipeSet
from imagebus_cli import main
from imagebus_cli.images import lookup
from imagebus_cli.problem import Problem
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.recipe_world import NEW, OLD, World
from tests.unit.cli.test_recipe_backfill import run as backfill

KEY = "a.jpg"
OUTPUTS = {"StatusTableName": "status", "ImagesBucketName": "images", "RequiredFacts": DEFAULT}
CARD = {"width": 640, "height": 360, "fit": "cover", "formats": ["webp", "jpeg", "avif"]}
CARDS = RecipeSet.read(
    {"recipes": [{"name": "all", "variants": {"card": CARD}, "watermark": {"text": "other"}}]}
)
PLAIN = RecipeSet.read({"recipes": [{"name": "all", "variants": {"card": CARD}, "watermark": "none"}]})


@pytest.fixture
def world() -> World:
    """An image made by OLD, which has what CARDS asks for as well."""
    world = World()
    world.upload(KEY)
    world.recipes.promote(OLD, by="kim")
    backfill(world, CARDS)
    return world


@pytest.fixture
def stack(world: World, monkeypatch: pytest.MonkeyPatch) -> Stack:
    stack = Stack(boto3.Session(region_name="us-east-1"), OUTPUTS | {"RecipesTableName": "recipes"})
    stack.__dict__.update({"dynamodb": world.dynamodb, "recipes": world.recipes, "s3": world.s3})
    monkeypatch.setattr(where, "find", lambda *_, **__: stack)
    return stack


def id_of(recipes: RecipeSet) -> str:
    return recipes.recipes[0].recipe.id


def promote(world: World, recipes: RecipeSet) -> tuple[str, str]:
    """The moments before and after."""
    before = timestamp(world.clock.now())
    world.clock.advance(60)
    world.recipes.promote(recipes, by="kim")
    world.clock.advance(60)
    return before, timestamp(world.clock.now())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main.app, arguments)


def document(*arguments: str) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def problem(*arguments: str) -> Problem:
    raised = run(*arguments).exception
    assert isinstance(raised, Problem)
    return raised


def names(details: dict[str, Any]) -> set[str]:
    return {each["name"] for each in details["thumbnails"]}


def test_a_promotion_changes_the_status_but_not_that_of_earlier_moments(world: World, stack: Stack):
    before, after = promote(world, CARDS)
    now = document("status", KEY)
    assert (now["recipe"], names(now)) == (id_of(CARDS), {"card"})
    then = document("status", KEY, "--at", before)
    assert (then["recipe"], names(then)) == (id_of(OLD), {"small"})
    assert document("status", KEY, "--at", after)["recipe"] == id_of(CARDS)


def test_a_difference_contains_the_promotion(world: World, stack: Stack):
    before, after = promote(world, CARDS)
    changes = document("diff", KEY, "--at", before, "--to", after)["changes"]
    (recipe,) = (each for each in changes if each["field"] == "recipe")
    assert (recipe["before"], recipe["after"]) == (id_of(OLD), id_of(CARDS))


def test_an_image_that_lacks_what_is_asked_for_is_outdated(world: World, stack: Stack):
    promote(world, NEW)
    found = document("status", KEY)
    assert (found["recipe"], found["outdated"]) == (id_of(OLD), True)


def test_a_thumbnail_comes_in_the_most_compatible_or_in_the_wanted_format(world: World, stack: Stack):
    promote(world, CARDS)
    item = world.store.status(KEY)
    assert item
    files = item["derived"][id_of(CARDS)]["thumbnails"]
    for each in files:
        world.s3.put_object(Bucket="images", Key=each["key"], Body=each["format"].encode())
    assert run("get", KEY, "--thumbnail", "card", "-o", "-").stdout == "JPEG"
    assert run("get", KEY, "--thumbnail", "card", "--format", "avif", "-o", "-").stdout == "AVIF"
    missing = problem("get", KEY, "--thumbnail", "card", "--format", "png")
    assert (missing.exit_code, "jpeg" in str(missing.advice)) == (1, True)
    assert problem("get", KEY, "--thumbnail", "small").advice == "Available: card"
    assert problem("get", KEY, "--format", "png").exit_code == 2


def test_the_processed_image_is_the_copy_of_the_active_set(world: World, stack: Stack):
    item = world.store.status(KEY)
    assert item
    old, new = item["watermarked"]["key"], item["derived"][id_of(CARDS)]["watermarked"]["key"]
    assert lookup.processed(stack, KEY)["Key"] == old
    promote(world, CARDS)
    assert lookup.processed(stack, KEY)["Key"] == new != old


def test_a_recipe_without_a_watermark_makes_no_processed_image(world: World, stack: Stack):
    backfill(world, PLAIN)
    promote(world, PLAIN)
    found = problem("get", KEY, "--processed", "-o", "-")
    assert (found.message, found.exit_code) == (
        f"There is no processed image: recipe {id_of(PLAIN)} makes none.",
        1,
    )


def test_the_list_shows_what_the_active_set_asks_for(
    world: World, stack: Stack, monkeypatch: pytest.MonkeyPatch
):
    backfill(world, PLAIN)
    monkeypatch.setattr(lookup, "listed", lambda *_, **__: ([world.store.status(KEY)], None))
    assert document("list")["items"][0]["processed_size"] == 50
    promote(world, PLAIN)
    assert "processed_size" not in document("list")["items"][0]


def test_a_stack_from_before_recipes_shows_what_each_image_was_made_with(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    older = Stack(boto3.Session(region_name="us-east-1"), OUTPUTS)
    older.__dict__.update({"dynamodb": world.dynamodb, "s3": world.s3})
    monkeypatch.setattr(where, "find", lambda *_, **__: older)
    promote(world, CARDS)
    assert document("status", KEY)["recipe"] == id_of(OLD)
    assert document("status", KEY, "--at", timestamp(world.clock.now()))["recipe"] == id_of(OLD)
    assert run("get", KEY, "--thumbnail", "small", "-o", "-").stdout == "x" * 50
