"""By which recipe an image is derived: the validator decides once, and the log keeps the decision."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from imagebus.events import Event, EventData
from imagebus.events.validator import ImageRejected, ImageValidated
from imagebus.history.derived import shown
from imagebus.history.fold import canonical, fold
from imagebus.history.required import Required
from imagebus.inbox import Inbox, one_by_one
from imagebus.objects import S3ObjectStore
from imagebus.recipes.model import Active, InvalidRecipe, Recipe, RecipeSet
from imagebus.recipes.parameters import recipe_of
from imagebus.testing import sqs_record
from imagebus_imaging import Limits
from tests.parameters import environment
from tests.unit.core.events import KEY, envelope, recorded
from tests.unit.workers.images import Images, only, recipe
from validator.handler import validate
from validator.rules import chooser

PARAMETERS = environment("ValidatorFunction")
OLD, NEW = recipe({"old": {"width": 16}}), recipe({"new": {"width": 24}}, {"text": "©"})
REQUIRED = Required.parse("ThumbnailsCreated ImageWatermarked|WatermarkSkipped")


def validated(images: Images, **parameters: str) -> Event[Any]:
    """What the validator publishes about the upload, in a process of its own."""
    choose = chooser(images.read_recipes(), PARAMETERS | parameters)
    objects = S3ObjectStore(images.s3)  # type: ignore[arg-type]
    inbox = Inbox(one_by_one(lambda d: validate(d, images.bus, objects, images.clock, Limits(), choose)))
    assert inbox({"Records": [sqs_record(json.dumps(envelope(images.uploaded)))]}) == {
        "batchItemFailures": []
    }
    return images.bus.events[-1]


def test_without_a_promotion_it_is_the_recipe_of_the_parameters():
    images = Images()
    event = validated(images)
    assert isinstance(event.data, ImageValidated)
    wanted = recipe_of(PARAMETERS)
    assert event.data.recipe == wanted.id
    others = images.read_recipes()
    assert (others.recipe(wanted.id), others.default()) == (wanted, wanted), "the workers find it by its id"


def test_another_parameter_is_another_recipe_and_the_earlier_one_stays():
    images = Images()
    first, second = validated(images), validated(images, THUMBNAIL_SIZES="10x10")
    assert first.data.recipe != second.data.recipe
    others = images.read_recipes()
    assert others.default().id == second.data.recipe
    assert others.recipe(first.data.recipe) == recipe_of(PARAMETERS)


def test_the_active_set_decides_by_key_and_format():
    images = Images()
    rules: list[dict[str, Any]] = [
        {"name": "jpeg", "match": {"formats": ["jpeg"]}, "variants": {"a": {"width": 1}}},
        {"name": "here", "match": {"prefix": KEY[:4], "formats": ["png"]}, "variants": {"b": {"width": 2}}},
        {"name": "others", "variants": {"c": {"width": 3}}},
    ]
    recipes = RecipeSet.read({"recipes": rules})
    images.recipes.promote(recipes, "someone")
    assert validated(images).data.recipe == recipes.recipes[1].recipe.id


def test_parameters_that_no_longer_decide_may_be_wrong():
    images = Images()
    images.recipes.promote(only(NEW), "someone")
    assert validated(images, THUMBNAIL_SIZES="70000x1").data.recipe == NEW.id
    with pytest.raises(InvalidRecipe):
        recipe_of(PARAMETERS | {"THUMBNAIL_SIZES": "70000x1"})


def test_a_rejected_upload_has_no_recipe_and_asks_for_none():
    images = Images(b"not an image")
    assert isinstance(validated(images).data, ImageRejected)
    assert images.table.partitions == {}


def redecided() -> tuple[Images, Sequence[Event[EventData]]]:
    """The upload is delivered to the validator twice, and between that another recipe is promoted."""
    images = Images()
    for each in (OLD, NEW):
        images.recipes.promote(only(each), "someone")
        images.clock.advance(2)
        decision = validated(images)
        assert decision.data.recipe == each.id
        for stage in ("thumbnailer", "watermarker"):
            images.clock.advance(1)
            images.run(stage, decision)
    return images, [images.uploaded, *images.bus.events]


def test_two_decisions_are_one_event_and_the_log_keeps_the_first():
    _, events = redecided()
    decisions = [event for event in events if event.detail_type == "ImageValidated"]
    assert len(decisions) == 2
    assert len({event.meta.event_id for event in decisions}) == 1
    item = fold(map(recorded, events), REQUIRED)
    assert item["recipe"] == OLD.id
    assert [each["name"] for each in item["thumbnails"]] == ["old"]
    assert item["derived"][NEW.id]["watermarked"], "the other's work is not lost"


@pytest.mark.parametrize("active", [None, OLD, NEW])
def test_what_is_shown_of_an_image_with_two_decisions_is_all_of_one_recipe(active: Recipe | None):
    _, events = redecided()
    item = fold(map(recorded, events), REQUIRED)
    seen = shown(item, Active(only(active)) if active else Active())
    assert seen.recipe == (active or OLD).id
    assert {each["name"] for each in seen.thumbnails} == {"new" if active is NEW else "old"}
    assert bool(seen.watermarked) == (active is NEW)


def test_in_whatever_order_the_two_decisions_and_their_facts_are_recorded():
    _, events = redecided()
    first, *others = events
    assert len(others) == 6
    items = {canonical(fold(map(recorded, [first, *each]), REQUIRED)) for each in permutations(others)}
    assert len(items) == 1


def test_every_object_that_is_shown_exists():
    images, events = redecided()
    item = fold(map(recorded, events), REQUIRED)
    for active in (OLD, NEW):
        seen = shown(item, Active(only(active)))
        named = [*seen.thumbnails, *([seen.watermarked] if seen.watermarked else [])]
        assert {each["key"].removeprefix(images.prefix) for each in named} <= images.objects.keys()
