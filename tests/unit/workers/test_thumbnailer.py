"""The thumbnailer makes what its recipe asks for, under names that say what made it."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from imagebus.events.analyzer import Box
from imagebus.events.thumbnailer import ThumbnailsCreated
from imagebus.recipes.missing import faces_digest, outputs
from imagebus_imaging import RECIPE, Derived, derive
from tests.unit.workers.images import Images, picture, recipe
from thumbnailer import resize

SMALL, LARGE = {"width": 16, "height": 16}, {"width": 32, "height": 32}
BOTH = recipe({"large": LARGE, "small": {**SMALL, "formats": ["source", "webp"]}})


def created(images: Images, event: Any) -> tuple[ThumbnailsCreated, str]:
    """The fact and its id."""
    (fact,) = images.run("thumbnailer", event)
    assert isinstance(fact.data, ThumbnailsCreated)
    return fact.data, fact.meta.event_id


def test_every_output_of_the_recipe_is_an_object_and_an_item_in_their_order():
    images = Images()
    fact, _ = created(images, images.validated(BOTH))
    wanted = outputs(BOTH, "PNG", 1, RECIPE)
    assert [(each.name, each.variant) for each in fact.items] == [(each.name, each.id) for each in wanted]
    assert [each.name for each in fact.items] == ["small", "small", "large"], "from small to large"
    assert [each.format for each in fact.items] == ["PNG", "WEBP", "PNG"]
    assert (fact.recipe, fact.generation, fact.still) == (f"{RECIPE}/{BOTH.id}", 0, None)
    extensions = ["png", "webp", "png"]
    names = [f"thumbnails/{o.name}.{o.id}.{x}" for o, x in zip(wanted, extensions, strict=True)]
    assert [each.key for each in fact.items] == [images.prefix + name for name in names]
    assert images.objects.keys() == {*names}
    for item, name in zip(fact.items, names, strict=True):
        assert hashlib.sha256(images.objects[name]).hexdigest() == item.sha256


def test_another_recipe_is_another_fact_and_shares_the_objects_of_equal_variants():
    images = Images()
    other = recipe({"tiny": SMALL, "large": LARGE})
    first, first_id = created(images, images.validated(BOTH))
    before = images.objects
    second, second_id = created(images, images.validated(other))
    assert first_id != second_id
    assert before.items() <= images.objects.items()
    assert {each.variant for each in second.items} < {each.variant for each in first.items}
    assert created(images, images.validated(BOTH))[1] == first_id, "again is the same fact"


def test_a_request_makes_only_what_is_not_present_and_its_fact_has_everything():
    images = Images()
    old = recipe({"small": SMALL})
    present = created(images, images.validated(old))[0].items
    before = images.objects.keys()
    fact, _ = created(images, images.request(BOTH, "thumbnailer", present=present, generation=2))
    assert {each.variant for each in fact.items} == {each.id for each in outputs(BOTH, "PNG", 1, RECIPE)}
    assert (fact.generation, fact.recipe) == (2, f"{RECIPE}/{BOTH.id}")
    assert images.bus.events[-1].meta.usage.bytes_out == sum(
        len(body) for name, body in images.objects.items() if name not in before
    )


def test_if_everything_is_present_nothing_is_read_or_written(monkeypatch: pytest.MonkeyPatch):
    images = Images()
    present = created(images, images.validated(BOTH))[0].items
    again = images.request(BOTH, "thumbnailer", present=present, generation=1)

    def refuse(**_: Any) -> None:
        raise AssertionError

    for name in ("get_object", "put_object"):
        monkeypatch.setattr(images.s3, name, refuse)
    fact, _ = created(images, again)
    assert fact.items == present
    assert images.bus.events[-1].meta.usage.bytes_in == 0


def test_a_request_for_a_superseded_upload_is_dropped_even_if_nothing_is_to_be_made():
    images = Images()
    present = created(images, images.validated(BOTH))[0].items
    before = images.objects
    event = images.request(BOTH, "thumbnailer", present=present, generation=1)
    images.s3.put_object(Bucket="uploads", Key=images.uploaded.meta.image_key, Body=picture("JPEG"))
    assert images.run("thumbnailer", event) == []
    assert images.objects == before, "what other facts name stays for the cleaner"


def test_each_use_of_a_recipe_is_a_fact_of_its_own():
    images = Images()
    ids = {created(images, images.request(BOTH, "thumbnailer", generation=n))[1] for n in (0, 1, 2)}
    assert len(ids) == 3


def test_a_stage_that_is_not_asked_does_nothing():
    images = Images()
    assert images.run("thumbnailer", images.request(BOTH, "watermarker")) == []
    assert images.objects == {}


def test_faces_that_decided_what_is_shown_are_in_the_name():
    images, face = Images(), Box(left=0.6, top=0.1, width=0.3, height=0.4)
    by = recipe({"face": {**SMALL, "fit": "cover", "focus": "faces"}})
    new, _ = created(images, images.validated(by))
    found, _ = created(images, images.request(by, "thumbnailer", faces=(face,), generation=1))
    ((variant,), (other,)) = [[each.variant for each in fact.items] for fact in (new, found)]
    assert variant != other
    assert other == by.variants["face"].output_id("source", RECIPE, faces_digest([face]))


def test_a_crop_is_around_the_face():
    picture, buffer = Image.new("RGB", (64, 16), "blue"), io.BytesIO()
    picture.paste("red", (48, 0, 64, 16))
    picture.paste(Image.effect_noise((16, 16), 100), (0, 0))  # where a crop by entropy would be
    picture.save(buffer, "PNG")
    images, face = Images(buffer.getvalue()), Box(left=0.8, top=0.2, width=0.15, height=0.6)
    by = recipe({"face": {**SMALL, "fit": "cover", "focus": "faces"}})
    fact, _ = created(images, images.request(by, "thumbnailer", faces=(face,)))
    crop = Image.open(io.BytesIO(images.objects[fact.items[0].key.removeprefix(images.prefix)]))
    assert crop.convert("RGB").getpixel((8, 8)) == (255, 0, 0)


def test_an_animation_that_is_too_long_to_keep_moving_is_a_still(monkeypatch: pytest.MonkeyPatch):
    def stilled(*args: Any, **more: Any) -> list[Derived]:
        return [replace(each, frames=1) for each in derive(*args, **more)]

    monkeypatch.setattr(resize, "derive", stilled)
    images = Images(picture("GIF", frames=3), format="GIF", frames=3)
    fact, _ = created(images, images.validated(recipe({"a": {**SMALL, "animated": True}})))
    assert fact.still is True


@pytest.mark.parametrize(
    ("variants", "still"),
    [
        ({"a": SMALL}, True),
        ({"a": {**SMALL, "animated": True}}, None),
        ({"a": {**SMALL, "animated": True}, "b": LARGE}, True),
        ({"a": {**SMALL, "animated": True, "formats": ["webp", "jpeg"]}}, True),
    ],
)
def test_stills_of_an_animation_are_called_so(variants: dict[str, Any], still: bool | None):
    by = recipe(variants)
    images = Images(picture("GIF", frames=3), format="GIF", frames=3)
    fact, _ = created(images, images.validated(by))
    assert fact.still is still
    again, _ = created(images, images.request(by, "thumbnailer", present=fact.items, generation=1))
    assert again.still is still, "also if all of them were there"


def test_an_image_from_before_recipes_had_ids_is_made_by_the_stacks_default():
    images = Images()
    event = images.validated(None)
    images.receives = 5
    assert images.attempt("thumbnailer", event) == (True, []), "no validator has run since: try again"
    assert (images.queue.delays, images.queue.dead) == ([30], []), "however often"
    images.recipes.use_default(BOTH)
    fact, _ = created(images, event)
    assert fact.recipe == f"{RECIPE}/{BOTH.id}"


def test_a_recipe_that_the_stack_does_not_have_is_a_failure():
    """Unlike the default's, nobody is about to write it."""
    images = Images()
    event = images.validated(BOTH)
    images.table.partitions.clear()
    images.recipes = images.read_recipes()
    images.receives = 5
    assert images.attempt("thumbnailer", event) == (False, [])
    assert images.queue.dead == ["UnknownRecipe"]
