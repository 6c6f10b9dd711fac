"""An upload that was validated twice, with a promotion in between, may have facts of two recipes."""

from __future__ import annotations

import json
from typing import Any

from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from tests.unit.core.events import recorded, story

OWN, OTHER = "a" * 12, "b" * 12


def by(event: RecordedEvent, recipe: str) -> RecordedEvent:
    """The same fact by another recipe."""
    detail: dict[str, Any] = json.loads(json.dumps(event.detail))
    detail["data"]["recipe"] = f"2026-11.5/{recipe}"
    detail["meta"]["event_id"] = detail["meta"]["event_id"][:-12] + recipe
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
