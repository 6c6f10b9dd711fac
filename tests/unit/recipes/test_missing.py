"""What is asked for is what is missing, and nothing that any recipe has made already."""

from __future__ import annotations

from typing import Any

import pytest

from failures.report import MAX_FAILED_EVENT_BYTES
from imagebus.bus import bus_entry
from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent
from imagebus.identity import canonical_json
from imagebus.recipes.missing import MAX_OTHERS, TooManyRecipes, missing, outputs, request
from imagebus.recipes.model import Recipe, Variant
from imagebus.testing import ManualClock, bus_entry_envelope
from tests.unit.core.events import FIRST
from tests.unit.history.variants import (
    CARD,
    ENGINE,
    MARK,
    PAGE,
    REQUIRED,
    backfilled,
    completed,
    pruned,
    validated,
)


def recipe(watermark: Any = "none", **variants: Any) -> Recipe:
    return Recipe.read({"variants": variants, "watermark": watermark})


PLAIN = recipe(card=CARD)
BOTH = recipe(MARK, card=CARD, page=PAGE)
LOG = completed(FIRST, PLAIN, ManualClock())


def item_of(log: list[RecordedEvent]) -> dict[str, Any]:
    return fold(log, REQUIRED)


def names(wanted: Recipe, log: list[RecordedEvent] = LOG, engine: str = ENGINE) -> list[tuple[str, str]]:
    return [(each.name, each.format) for each in missing(item_of(log), wanted, engine).outputs]


def after(wanted: Recipe, log: list[RecordedEvent] = LOG, engine: str = ENGINE) -> list[RecordedEvent]:
    return [*log, *backfilled(item_of(log), log, wanted, ManualClock(), engine)]


def test_an_image_has_what_it_was_made_with():
    lacks = missing(item_of(LOG), PLAIN, ENGINE)
    assert not lacks
    assert lacks.stages == ()
    assert request(item_of(LOG), LOG, PLAIN, ENGINE, ManualClock()) is None


def test_what_another_recipe_has_made_is_not_made_again_but_named():
    lacks = missing(item_of(LOG), BOTH, ENGINE)
    assert names(BOTH) == [("page", "webp"), ("page", "source")]
    assert [each.name for each in lacks.present] == ["card"]
    assert lacks.stages == ("thumbnailer", "watermarker")


def test_a_backfill_leaves_nothing_missing():
    log = after(BOTH)
    assert not missing(item_of(log), BOTH, ENGINE)
    assert request(item_of(log), log, BOTH, ENGINE, ManualClock()) is None


def test_the_same_definition_under_another_name_is_the_same_object():
    wanted = recipe(tile=CARD)
    assert names(wanted) == []
    lacks = missing(item_of(LOG), wanted, ENGINE)
    assert [each.name for each in lacks.present] == ["tile"]
    assert lacks.stages == ("thumbnailer",)
    items = item_of(after(wanted))
    assert items["derived"][wanted.id]["thumbnails"][0]["key"] == items["thumbnails"][0]["key"]


def test_only_the_stage_that_has_something_to_do_is_asked():
    assert missing(item_of(LOG), recipe(MARK, card=CARD), ENGINE).stages == ("thumbnailer", "watermarker")
    assert missing(item_of(LOG), recipe(page=PAGE), ENGINE).stages == ("thumbnailer",)
    half = [event for event in after(BOTH) if event.detail_type != "ImageWatermarked"]
    assert missing(item_of(half), BOTH, ENGINE).stages == ("watermarker",)


def test_a_newer_engine_makes_everything_again():
    assert names(PLAIN, engine="2026-11.8") == [("card", "source")]
    marked = recipe(MARK, card=CARD)
    log = after(marked)
    assert missing(item_of(log), marked, "2026-11.8").stages == ("thumbnailer", "watermarker")
    assert not missing(item_of(after(marked, log, "2026-11.8")), marked, "2026-11.8")


def test_what_was_pruned_is_missing_again():
    log = after(BOTH)
    over = [event.event_id for event in log[len(LOG) :] if event.detail_type != "DerivationRequested"]
    cause = validated(FIRST, None, ManualClock())
    log.append(RecordedEvent.from_event(pruned(cause, over, ManualClock())))
    assert names(BOTH, log) == [("page", "webp"), ("page", "source")]
    again = request(item_of(log), log, BOTH, ENGINE, ManualClock())
    assert again is not None
    assert again.data.generation == 1
    assert not missing(item_of(after(BOTH, log)), BOTH, ENGINE)


@pytest.mark.parametrize(
    ("formats", "source", "frames", "animated", "expected"),
    [
        (["source", "jpeg"], "JPEG", 1, False, ["source"]),
        (["jpeg", "source"], "JPEG", 1, False, ["jpeg"]),
        (["source", "jpeg"], "PNG", 1, False, ["source", "jpeg"]),
        (["source", "png"], "GIF", 9, False, ["source"]),
        (["source", "webp", "png"], "GIF", 9, True, ["source", "png"]),
        (["source", "webp"], "GIF", 1, True, ["source", "webp"]),
        (["source", "jpeg"], "TIFF", 1, False, ["source"]),
        (["avif", "source"], "AVIF", 1, False, ["avif"]),
    ],
)
def test_of_two_formats_that_are_one_for_this_upload_the_first_is_made(
    formats: list[str], source: str, frames: int, animated: bool, expected: list[str]
):
    wanted = recipe(a={"width": 10, "formats": formats, "animated": animated})
    assert [each.format for each in outputs(wanted, source, frames, ENGINE)] == expected


FACES = {"largest": [{"box": {"left": 0.25, "top": 0, "width": 0.5, "height": 1}}]}
FOCUSED = recipe(face={**CARD, "fit": "cover", "focus": "faces"})


def test_faces_that_are_known_later_make_another_object_and_are_sent_along():
    log = completed(FIRST, FOCUSED, ManualClock())
    item = item_of(log)
    assert not missing(item, FOCUSED, ENGINE)
    seen = item | {"labels": {"faces": FACES}}
    assert [each.name for each in missing(seen, FOCUSED, ENGINE).outputs] == ["face"]
    asked = request(seen, log, FOCUSED, ENGINE, ManualClock())
    assert asked is not None
    assert [box.as_json() for box in asked.data.faces] == [
        {"left": 0.25, "top": 0.0, "width": 0.5, "height": 1.0}
    ]
    made = outputs(FOCUSED, "PNG", 1, ENGINE, asked.data.faces)
    assert [each.id for each in made] == [each.id for each in missing(seen, FOCUSED, ENGINE).outputs]


def test_faces_change_nothing_where_no_variant_looks_at_them():
    assert not missing(item_of(LOG) | {"labels": {"faces": FACES}}, PLAIN, ENGINE)


@pytest.mark.parametrize("status", ["processing", "failed", "rejected", "deleted"])
def test_an_image_that_is_not_completed_lacks_nothing(status: str):
    assert not missing(item_of(LOG) | {"status": status}, BOTH, ENGINE)


def test_asking_twice_is_asking_once_and_asking_again_is_another_request():
    asked = [request(item_of(LOG), LOG, BOTH, ENGINE, ManualClock()) for _ in range(2)]
    assert asked[0] == asked[1] is not None
    assert asked[0].data.generation == 0
    half = [event for event in after(BOTH) if event.detail_type != "ImageWatermarked"]
    again = request(item_of(half), half, BOTH, ENGINE, ManualClock())
    assert again is not None
    assert again.data.generation == 1
    assert again.meta.event_id != asked[0].meta.event_id


def test_an_image_with_variants_of_many_recipes_is_asked_for_no_more_until_some_are_pruned():
    log = LOG
    others = [recipe(card={"width": width}) for width in range(1, MAX_OTHERS + 2)]
    for wanted in others[:-1]:
        log = after(wanted, log)
    assert len(item_of(log)["derived"]) == MAX_OTHERS
    with pytest.raises(TooManyRecipes, match="prune"):
        request(item_of(log), log, others[-1], ENGINE, ManualClock())
    assert request(item_of(log), log, others[0], "2026-11.8", ManualClock()) is not None
    assert request(item_of(log), log, PLAIN, "2026-11.8", ManualClock()) is not None


def test_a_full_item_of_the_largest_recipes_fits_into_dynamodb():
    """400 KB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
    name, key = "n" * 63, "k" * 200
    thumbnail = {
        "name": name, "bucket": "b" * 63, "key": key, "width": 65535, "height": 65535, "format": "JPEG",
        "bytes": 2**40, "sha256": "0" * 64, "variant": "0" * 12,
    }  # fmt: skip
    recipes = {
        f"{number:012}": {"thumbnails": [thumbnail] * 50, "watermarked": thumbnail} for number in range(9)
    }
    assert _size(recipes) < 250_000


def _size(value: Any) -> int:
    """As DynamoDB counts: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    match value:
        case dict():
            return 3 + sum(1 + len(name) + _size(each) for name, each in value.items())
        case list():
            return 3 + sum(1 + _size(each) for each in value)
        case int():
            return 1 + (len(str(value)) + 1) // 2
    return len(value)


def test_the_largest_request_fits_into_an_event_and_into_the_failure_that_carries_it():
    wide = {f"{n:02}{'n' * 61}": {"width": n + 1} for n in range(50)}
    log = completed(FIRST, recipe(**wide), ManualClock())
    item = item_of(log)
    for each in item["thumbnails"]:
        each |= {"bucket": "b" * 63, "key": "k" * 250, "bytes": 2**40, "width": 65535, "height": 65535}
    box = dict.fromkeys(("left", "top", "width", "height"), 1 / 3)
    item["labels"] = {"faces": {"largest": [{"box": box}] * 20}}
    asked = request(item, log, recipe(MARK, **wide), ENGINE, ManualClock())
    assert asked is not None
    assert len(asked.data.present) == 50
    assert len(canonical_json(bus_entry_envelope(bus_entry(asked, "bus"))).encode()) < MAX_FAILED_EVENT_BYTES


def test_a_variant_is_asked_for_in_each_of_its_formats():
    variant = Variant.read(PAGE)
    assert [each.id for each in outputs(recipe(page=PAGE), "PNG", 1, ENGINE)] == [
        variant.output_id("webp", ENGINE),
        variant.output_id("source", ENGINE),
    ]
