"""`imagebus recipe show`, `export`, `promote` and `rollback`: one switch for all images."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
import typer
from typer.testing import CliRunner, Result

from imagebus.events.recipes import RecipePromoted
from imagebus.history.derived import shown
from imagebus.recipes.model import RecipeSet
from imagebus.recipes.store import DynamoDBRecipes, PromotedMeanwhile
from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.recipes import reading, switching, writing
from imagebus_cli.stack import find as where
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.recipe_world import NEW, OLD, World
from tests.unit.cli.test_recipe_backfill import run as backfilled

LOGO = Path(__file__).resolve().parents[3] / "examples" / "logo.png"
OTHER = RecipeSet.read({"recipes": [{"name": "all", "variants": {"other": {"width": 7}}}]})
ARN = "arn:aws:iam::123456789012:user/kim"
OUTPUTS = {"RecipesTableName": "recipes", "StatusTableName": "status", "ImagesBucketName": "images"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    stack = Stack(boto3.Session(region_name="us-east-1"), OUTPUTS)
    sts = SimpleNamespace(get_caller_identity=lambda: {"Arn": ARN})
    parts = {"dynamodb": world.dynamodb, "recipes": world.recipes, "bus": world, "s3": world.s3, "sts": sts}
    stack.__dict__.update(parts)
    monkeypatch.setattr(where, "find", lambda *_, **__: stack)
    return world


@pytest.fixture
def files(world: World, tmp_path: Path) -> dict[str, str]:
    found = {}
    for name, recipes in (("old", OLD), ("new", NEW)):
        path = tmp_path / f"{name}.yml"
        path.write_text(writing.text(recipes, None))
        found[name] = str(path)
    return found


def call(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(main.app, ["recipe", *arguments], input=text)


def document(*arguments: str) -> dict[str, Any]:
    done = call(*arguments, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def events(world: World) -> list[Any]:
    return list(world.of_type(RecipePromoted))


def first_heard(world: World) -> list[Any]:
    """Each event once, as a consumer that knows events by their ids has them."""
    return list({each.meta.event_id: each for each in events(world)}.values())


def test_all_images_show_the_new_set_at_once_and_everybody_hears_of_it(world: World, files: dict[str, str]):
    for number in range(3):
        world.upload(f"{number}.jpg")
    backfilled(world)
    answer = document("promote", files["new"], "--yes")
    assert (answer["changed"], answer["to_set"], answer["by"]) == (True, NEW.id, ARN)
    for each in world.table.images():
        assert each.status
        assert shown(each.status, world.recipes.active()).recipe == NEW.recipes[0].recipe.id
    (event,) = events(world)
    assert event.data == RecipePromoted(number=1, to_set=NEW.id, from_set=None, by=ARN)


def test_a_set_can_be_named_by_its_id(world: World, files: dict[str, str]):
    document("promote", files["old"], "--yes")
    document("promote", files["new"], "--yes")
    assert document("promote", OLD.id, "--yes")["to_set"] == OLD.id
    problem = call("promote", "000000000000", "--yes").exception
    assert isinstance(problem, Problem)
    assert "no such set" in problem.message


def test_promoting_the_active_set_changes_nothing_and_announces_it_again(world: World, files: dict[str, str]):
    """The first command may have been killed before it could."""
    document("promote", files["new"], "--yes")
    again = document("promote", files["new"])  # nothing to confirm
    assert (again["changed"], again["number"]) == (False, 1)
    first, second = events(world)
    assert first == second


def test_without_a_yes_nothing_happens(world: World, files: dict[str, str]):
    done = call("promote", files["new"], text="n\n")
    assert done.exit_code == 1
    assert world.recipes.active().current is None
    assert call("promote", files["new"], text="y\n").exit_code == 0
    assert world.recipes.active().current == NEW


def test_a_person_reads_what_was_switched(world: World, files: dict[str, str]):
    done, at = call("promote", files["new"], "--yes"), "2026"
    assert f"Switched all images from their original recipes to {NEW.id} at {at}" in done.stdout
    done = call("rollback", "--yes")
    assert f"Switched all images from {NEW.id} back to their original recipes at {at}" in done.stdout


def test_a_promotion_at_the_same_moment_is_told_and_nothing_changes(
    world: World, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    def beaten(*_: Any) -> None:
        raise PromotedMeanwhile

    monkeypatch.setattr(world.recipes, "promote", beaten)
    problem = call("promote", files["new"], "--yes").exception
    assert isinstance(problem, Problem)
    assert problem.exit_code == 1
    assert "Somebody else promoted" in problem.message
    assert events(world) == []


def test_a_rollback_goes_back_and_another_one_further(world: World, files: dict[str, str]):
    document("promote", files["old"], "--yes")
    document("promote", files["new"], "--yes")
    back = document("rollback", "--yes")
    assert (back["from_set"], back["to_set"], back["note"]) == (NEW.id, OLD.id, "rollback")
    assert world.recipes.active().current == OLD
    first = document("rollback", "--yes")
    assert (first["from_set"], first["to_set"]) == (OLD.id, None)
    assert world.recipes.active().current is None
    problem = call("rollback", "--yes").exception
    assert isinstance(problem, Problem)
    assert (problem.message, problem.exit_code) == ("There is no promotion to roll back.", 1)
    document("promote", files["new"], "--yes")
    assert world.recipes.active().in_order == (NEW,)
    assert document("rollback", "--yes")["to_set"] is None
    assert [event.data.number for event in first_heard(world)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_promotion_during_the_question_is_not_undone(
    world: World, files: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: str
):
    document("promote", files["old"], "--yes")
    document("promote", files["new"], "--yes")
    asked: list[str] = []

    def colleague_promotes(question: str, **_: Any) -> None:
        asked.append(question)
        DynamoDBRecipes(world.dynamodb, "recipes", world.clock).promote(OTHER, "alex")

    monkeypatch.setattr(typer, "confirm", colleague_promotes)
    problem = call(command, *[files["old"]] * (command == "promote")).exception
    assert asked == [f"Switch all images from {NEW.id} to {OLD.id}?"]
    assert isinstance(problem, Problem)
    assert "Somebody else promoted" in problem.message
    assert [each.to_set for each in world.recipes.promotions()] == [OTHER.id, NEW.id, OLD.id]


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_promotion_that_was_interrupted_before_its_event_is_announced_by_the_next_command(
    world: World, files: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: str
):
    document("promote", files["old"], "--yes")
    document("promote", files["new"], "--yes")
    with monkeypatch.context() as patch:
        publish = world.publish

        def interrupted(published: Any) -> None:
            if any(each.data.number == 3 for each in published):
                raise KeyboardInterrupt
            publish(published)

        patch.setattr(world, "publish", interrupted)
        call("rollback", "--yes")
    assert [event.data.number for event in first_heard(world)] == [1, 2]
    document(command, *[files["new"]] * (command == "promote"), "--yes")
    assert [event.data.number for event in first_heard(world)] == [1, 2, 3, 4]


def test_an_interrupted_rollback_of_the_first_promotion_is_announced_although_none_is_left(
    world: World, files: dict[str, str]
):
    document("promote", files["new"], "--yes")
    world.recipes.promote(None, "kim", switching.ROLLBACK)  # and interrupted
    problem = call("rollback", "--yes").exception
    assert isinstance(problem, Problem)
    assert problem.message == "There is no promotion to roll back."
    assert [event.data.number for event in first_heard(world)] == [1, 2]


def test_what_a_stack_knows(world: World, files: dict[str, str]):
    assert "nothing has been uploaded yet" in call("show").stdout
    world.recipes.use_default(OLD.recipes[0].recipe)
    assert "the template's parameters" in call("show").stdout
    document("promote", files["old"], "--yes")
    world.recipes.use_candidate(NEW)
    answer = document("show")
    prepared = f"candidate {NEW.id} (prepared by the last backfill)"
    assert prepared in call("show").stdout
    assert answer["active"]["set"] == OLD.id
    assert answer["candidate"]["recipes"][0]["id"] == NEW.recipes[0].recipe.id
    assert [each["by"] for each in answer["promotions"]] == [ARN]
    document("promote", files["new"], "--yes")
    document("rollback", "--yes")
    text = call("show").stdout
    for part in (
        f"active {OLD.id}",
        f"earlier {NEW.id}",
        "card: 640x360 cover, avif, webp",
        "(rollback)",
        ARN,
    ):
        assert part in text


def test_an_export_reads_as_the_same_set(world: World, files: dict[str, str], tmp_path: Path):
    problem = call("export").exception
    assert isinstance(problem, Problem)
    assert "nothing has been uploaded" in problem.message
    world.recipes.use_default(OLD.recipes[0].recipe)
    exported = tmp_path / "exported.yml"
    exported.write_text(call("export").stdout)
    (rule,) = reading.required(exported).recipes
    assert rule.recipe == OLD.recipes[0].recipe
    document("promote", files["new"], "--yes")
    exported.write_text(call("export").stdout)
    assert reading.required(exported) == NEW
    assert document("export", NEW.id)["set"] == NEW.id


def test_an_export_with_a_logo_writes_it_beside_the_file(world: World, tmp_path: Path):
    logo = base64.b64encode(LOGO.read_bytes()).decode()
    recipes = RecipeSet.read(
        {"recipes": [{"name": "a", "variants": {"640": {"width": 5}}, "watermark": {"logo": logo}}]}
    )
    world.recipes.add(recipes)
    problem = call("export", recipes.id).exception
    assert isinstance(problem, Problem)
    assert "--output" in problem.advice
    document("export", recipes.id, "--output", str(tmp_path / "r.yml"))
    assert reading.required(tmp_path / "r.yml") == recipes


def test_a_stack_of_an_earlier_version_says_so(monkeypatch: pytest.MonkeyPatch):
    stack = Stack(boto3.Session(region_name="us-east-1"), {})
    monkeypatch.setattr(where, "find", lambda *_, **__: stack)
    for command in ("show", "export", "rollback"):
        problem = call(command).exception
        assert isinstance(problem, Problem)
        assert "too old" in problem.message


def test_images_that_lack_something_are_counted_on_request(world: World, files: dict[str, str]):
    for number in range(3):
        world.upload(f"{number}.jpg")
    done = call("promote", files["new"], "--yes", "--check", "--json")
    assert json.loads(done.stdout)["incomplete"] == 3
    advice = f"imagebus recipe backfill {files['new']}"
    assert f"until a backfill, 3 images will keep their old variants: {advice}" in done.stderr
    item = world.store.status("0.jpg")
    assert item
    assert shown(item, world.recipes.active()).recipe == OLD.recipes[0].recipe.id
    advice = f"imagebus recipe export {NEW.id} -o {NEW.id}.yml && imagebus recipe backfill {NEW.id}.yml"
    assert advice in call("promote", NEW.id, "--check").stderr
    backfilled(world)
    done = call("promote", files["new"], "--check")
    assert "no image lacks anything" in done.stderr
    assert "keep showing" not in done.stderr
