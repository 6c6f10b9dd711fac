"""What a request says, and when there is none."""

from __future__ import annotations

import pytest

from imagebus.history.fold import fold
from imagebus.history.recorded import RecordedEvent
from imagebus.history.required import DEFAULT, Required
from imagebus.recipes.missing import request
from imagebus.recipes.model import Recipe
from imagebus.testing import ManualClock
from tests.unit.core.events import FIRST, SECOND, processed, recorded, story

RECIPE = Recipe.read({"variants": {"new": {"width": 64}}})


def log(rev: str = FIRST) -> list[RecordedEvent]:
    clock = ManualClock()
    events = story(rev=rev, clock=clock)
    return [recorded(event) for event in [*events, processed(events, clock=clock)]]


def test_it_names_the_original_although_the_upload_itself_is_not_recorded_yet():
    late = [event for event in log() if event.detail_type != "ImageUploaded"]
    event = request(fold(late, Required.parse(DEFAULT)), late, RECIPE, "engine", ManualClock())
    assert event is not None
    validated = next(event for event in late if event.detail_type == "ImageValidated")
    assert (event.data.bucket, event.data.etag) == (
        validated.detail["data"]["bucket"],
        validated.detail["data"]["etag"],
    )


@pytest.mark.parametrize(("text", "shared"), [("same", True), ("other", False)])
def test_a_watermark_that_another_recipe_has_made_is_shared(text: str, shared: bool):
    mark = Recipe.read({"variants": {"old": {"width": 9}}, "watermark": {"text": "same"}})
    wanted = Recipe.read({"variants": {"new": {"width": 64}}, "watermark": {"text": text}})
    events = log()
    (made,) = [event for event in events if event.detail_type == "ImageWatermarked"]
    assert mark.watermark != "none"
    key = f"folder/watermarked.{mark.watermark.output_id('engine')}.png"
    made.detail["data"].update(key=key, recipe=f"engine/{mark.id}")
    item = fold(events, Required.parse(DEFAULT))
    event = request(item, events, wanted, "engine", ManualClock())
    assert event is not None
    assert "watermarker" in event.data.stages, "the fact is missing in any case"
    assert (event.data.marked.key if event.data.marked else None) == (key if shared else None)


@pytest.mark.parametrize(
    "later", [[], log(SECOND), log(SECOND)[:1]], ids=["erased", "replaced", "overwritten"]
)
def test_an_upload_that_is_gone_since_its_status_was_read_is_asked_for_nothing(later: list[RecordedEvent]):
    item = fold(log(), Required.parse(DEFAULT))
    assert request(item, later, RECIPE, "engine", ManualClock()) is None
