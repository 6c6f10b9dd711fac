"""Of several recipes' facts, which recipe the image counts as made by, and whether it is complete."""

from __future__ import annotations

import json
from typing import Any

from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.history.retry import plan_retry
from imagebus.testing import ManualClock
from tests.unit.core.events import envelope, failure, processed, recorded, stalled, story

OWN, OTHER = "a" * 12, "b" * 12


def by(
    event: RecordedEvent, recipe: str, engine: str = "2026-11.5", *, generation: int = 0, asked: bool = False
) -> RecordedEvent:
    """The same fact by another recipe; if `asked`, of a backfill."""
    detail: dict[str, Any] = json.loads(json.dumps(event.detail))
    detail["data"] |= {"recipe": f"{engine}/{recipe}", "generation": generation}
    detail["meta"]["event_id"] = detail["meta"]["event_id"][:-12] + recipe[:12]
    if asked:
        detail["meta"]["causation_id"] = f"{8 * '1'}-1111-1111-1111-{recipe}"
    return RecordedEvent(event.source, event.detail_type, detail)


def log(**made_by: str) -> list[RecordedEvent]:
    """Everything but ImageProcessed. Each fact about derived images is by the recipes named for it."""
    found = []
    for event in map(recorded, story()):
        if event.detail_type == "ImageValidated":
            event.detail["data"]["recipe"] = OWN  # type: ignore[index]
        recipes = made_by.get(event.detail_type)
        found += [by(event, each) for each in recipes.split()] if recipes is not None else [event]
    return found


def item(**made_by: str) -> dict[str, Any]:
    return fold(log(**made_by), Required.parse(DEFAULT))


def test_halves_of_two_recipes_are_not_complete():
    assert item(ThumbnailsCreated=OTHER, ImageWatermarked=OWN)["outstanding"]
    assert item(ThumbnailsCreated=OWN, ImageWatermarked=OTHER)["outstanding"]


def test_what_one_recipe_has_made_is_complete_and_shown():
    other = item(ThumbnailsCreated=f"{OWN} {OTHER}", ImageWatermarked=OTHER)
    assert (other["outstanding"], other["recipe"]) == ([], OTHER)
    own = item(ThumbnailsCreated=f"{OWN} {OTHER}", ImageWatermarked=f"{OWN} {OTHER}")
    assert (own["outstanding"], own["recipe"]) == ([], OWN)


def retried(*events: RecordedEvent) -> list[tuple[str, tuple[str, ...]]]:
    """The recipe that each request of a retry asks for, and of whom."""
    plan = plan_retry(events, Required.parse(DEFAULT))
    return [(request.envelope["detail"]["data"]["recipe"], request.stages) for request in plan]


def test_a_retry_asks_for_what_the_recipe_of_the_log_lacks_and_not_for_the_other_half():
    """An upload that was validated twice was given two recipes, and its stages failed on either."""
    stall = recorded(stalled(story()[0], clock=ManualClock()))
    halves = log(ThumbnailsCreated=OTHER, ImageWatermarked=OWN)
    assert retried(*halves, stall) == [(OWN, ("thumbnailer",))]
    halves = log(ThumbnailsCreated=OTHER, ImageWatermarked=OTHER, MetadataExtracted="")
    assert retried(*halves, stall) == [(OWN, ("thumbnailer", "watermarker", "metadata"))]


def test_a_completed_image_needs_nothing_whichever_recipe_made_it():
    halves = log(ThumbnailsCreated=OTHER, ImageWatermarked=OTHER)
    failed = recorded(failure(story()[1], "thumbnailer", clock=ManualClock()))
    assert retried(*halves, failed) == [(OWN, ("thumbnailer",))]
    assert retried(*halves, failed, recorded(processed(story(), clock=ManualClock()))) == []


def test_a_failed_event_is_sent_again_as_the_log_has_it():
    validated = story()[1]
    failed_on_the_other = json.loads(json.dumps(envelope(validated)))
    failed_on_the_other["detail"]["data"]["recipe"] = OTHER
    failed = recorded(failure(validated, "watermarker", clock=ManualClock()))
    failed.detail["data"]["failed_event"] = failed_on_the_other  # type: ignore[index]
    halves = log(ThumbnailsCreated=OTHER, ImageWatermarked="")
    assert retried(*halves, failed) == [(OWN, ("watermarker", "thumbnailer"))]


FACTS = {event.detail_type: event for event in map(recorded, story())}
THUMBNAILS, MARK = FACTS["ThumbnailsCreated"], FACTS["ImageWatermarked"]
THIRD, DIGITS = "c" * 12, "1" * 12


def recipe_of(*facts: RecordedEvent) -> Any:
    """Of an image with these facts. Whatever order they came in."""
    others = log(ThumbnailsCreated="", ImageWatermarked="")
    (found,) = {
        fold([*others, *order], Required.parse(DEFAULT))["recipe"] for order in (facts, reversed(facts))
    }
    return found


def test_thumbnails_count_more_than_a_mark():
    assert recipe_of(by(THUMBNAILS, OTHER), by(MARK, OWN)) == OTHER


def test_a_recipe_of_which_the_upload_has_both_counts_more_than_half_of_its_own():
    assert recipe_of(by(THUMBNAILS, OWN), by(THUMBNAILS, OTHER), by(MARK, OTHER)) == OTHER
    finished = by(MARK, OTHER, asked=True)
    assert recipe_of(by(THUMBNAILS, OWN), by(THUMBNAILS, OTHER), finished) == OTHER


def test_what_a_backfill_has_made_does_not_replace_half_of_its_own():
    backfilled = [by(fact, OTHER, asked=True) for fact in (THUMBNAILS, MARK)]
    assert recipe_of(by(THUMBNAILS, OWN), *backfilled) == OWN


def test_without_its_own_the_newest_generation_counts_and_then_the_newest_engine():
    assert recipe_of(by(THUMBNAILS, OTHER, generation=2), by(THUMBNAILS, THIRD, generation=1)) == OTHER
    assert recipe_of(by(THUMBNAILS, OTHER, "2026-11.10"), by(THUMBNAILS, THIRD, "2026-11.9")) == OTHER
    newest = [by(THUMBNAILS, OTHER, generation=3), by(MARK, OTHER, generation=0)]
    assert recipe_of(*newest, *(by(fact, THIRD, generation=1) for fact in (THUMBNAILS, MARK))) == OTHER


def test_of_two_made_alike_the_id_decides_and_digits_in_it_are_no_engine():
    assert recipe_of(by(THUMBNAILS, OTHER), by(THUMBNAILS, THIRD)) == THIRD
    assert recipe_of(by(THUMBNAILS, OTHER), by(THUMBNAILS, DIGITS)) == OTHER


def test_a_fact_of_its_own_recipe_counts_more_than_one_from_before_there_were_ids():
    earlier = by(THUMBNAILS, "100x100/PNG/quality", "2027")
    now = by(THUMBNAILS, OWN)
    now.detail["data"]["items"][0]["name"] = "of the recipe"  # type: ignore[index]
    others = log(ThumbnailsCreated="", ImageWatermarked="")
    for order in ([earlier, now], [now, earlier]):
        (thumbnail,) = fold([*others, *order], Required.parse(DEFAULT))["thumbnails"]
        assert thumbnail["name"] == "of the recipe"


def test_a_mark_from_before_there_were_ids_is_not_among_other_recipes():
    events = [recorded(event) for event in story() if event.detail_type != "ThumbnailsCreated"]
    found = fold([*events, by(THUMBNAILS, OTHER, asked=True)], Required.parse(DEFAULT))
    assert found["recipe"] == OTHER
    assert "derived" not in found
