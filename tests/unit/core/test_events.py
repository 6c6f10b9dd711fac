"""What every event model has in common."""

from __future__ import annotations

import pytest

from imagebus.events import InvalidEvent, Meta, StackEvent, StackMeta, new_event, read
from imagebus.events.analyzer import MetadataExtracted
from imagebus.events.ingest import ImageUploaded
from imagebus.events.recipes import RecipePromoted
from imagebus.events.validator import ImageRejected
from imagebus.recipes.store import Promotion
from imagebus.testing import ManualClock
from tests.unit.core.events import FIRST, KEY, promoted, uploaded


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "a secret` - at `$.other"), ("limit", "a secret"), ("detail", "a secret" * 500)],
)
def test_the_message_about_an_invalid_event_names_the_field_and_never_the_value(field: str, value: str):
    detail = uploaded().detail()
    detail["data"] = {"code": "empty", "detail": "The object has no bytes.", field: value}
    with pytest.raises(InvalidEvent) as caught:
        read(ImageRejected, detail)
    assert str(caught.value).endswith(f"- at `$.{field}`")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": "1000"},
        {"etag": ""},
        {"reason": "r" * 1001},
        {"bucket": "half a pair \ud800"},
        {"bucket": None},
    ],
)
def test_our_own_events_keep_the_contract_as_well(change: dict[str, object]):
    values = {"bucket": "uploads", "size": 1000, "etag": "e1", "reason": "PutObject", **change}
    data = ImageUploaded(**values)  # type: ignore[arg-type]
    with pytest.raises(InvalidEvent):
        new_event(data, image_key=KEY, revision=FIRST, clock=ManualClock())


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_invalid(number: float):
    data = MetadataExtracted(
        properties={"ratio": number}, exif={}, dominant_colors=(), thumbhash="t", phash="p"
    )
    with pytest.raises(InvalidEvent):
        new_event(data, image_key=KEY, revision=FIRST, clock=ManualClock())


def test_a_pattern_matches_to_the_very_end():
    meta = uploaded().meta.as_json()
    with pytest.raises(InvalidEvent):
        Meta.from_json(meta | {"revision": meta["revision"] + "\n"})


def test_an_event_cannot_be_changed():
    with pytest.raises(AttributeError):
        uploaded().data.size = 1  # type: ignore[misc]


def test_an_event_about_the_stack_names_no_image():
    event = read(RecipePromoted, promoted().detail())
    assert isinstance(event, StackEvent)
    assert isinstance(event.meta, StackMeta)
    assert event.source == "imagebus.operator"
    assert set(event.meta.as_json()) == {"event_id", "schema_version", "occurred_at", "producer"}


def test_the_same_promotion_is_the_same_event_and_that_of_another_stack_is_another():
    first = Promotion(1, None, "a" * 12, "2026-01-02T03:04:05.678Z", "kim")
    again = Promotion(1, None, "a" * 12, "2026-01-02T03:04:06.000Z", "kim")
    second = Promotion(2, "a" * 12, "b" * 12, "2026-01-02T03:04:06.000Z", "kim")
    events = [first.event("t"), again.event("t"), second.event("t"), first.event("u")]
    ids = [event.meta.event_id for event in events]
    assert ids[0] == ids[1] == "a2e5b437-7e9c-5e16-b45d-245a839952f1"
    assert len(set(ids)) == 3


def test_an_event_about_an_image_is_not_read_as_one_about_the_stack():
    with pytest.raises(InvalidEvent):
        read(ImageUploaded, promoted().detail())
