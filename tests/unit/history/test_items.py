"""Status items as the table has them, and as the API and the command show them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from imagebus.events import Event, Usage, caused_by
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.history.fold import canonical, fold
from imagebus.history.required import DEFAULT, Required
from imagebus.history.view import details, summary, timeline
from imagebus.store import identity, marshal_item, unmarshal_item
from imagebus.testing import ManualClock
from tests.unit.core.events import (
    FIRST,
    deleted,
    failure,
    processed,
    recorded,
    rejected,
    stalled,
    story,
    uploaded,
)

GOLDEN = Path(__file__).with_name("items.json")


def logs() -> dict[str, list[Event[Any]]]:
    clock = ManualClock()
    first, validated, *facts, _ = story(clock=clock)
    label = Label(name="Beach", confidence=90.5, parents=())
    detected = caused_by(
        validated.meta,
        LabelsDetected(labels=(label,), model_versions={"labels": "1"}),
        clock=clock,
        usage=Usage(billed_ms=1200, memory_mb=512),
    )
    failed = failure(validated, "labels", clock=clock)
    complete = [first, validated, *facts, detected]
    return {
        "completed": [*complete, failed, processed(complete, clock=clock)],
        "rejected": [first, rejected(first, clock=clock)],
        "failed": [first, validated, *facts, failed],
        "stalled": [*story()[:4], story()[-1], stalled(first, clock=clock)],
        "deleted": [first, deleted()],
    }


def found() -> dict[str, Any]:
    required, answers = Required.parse(DEFAULT), {}
    for name, events in logs().items():
        log = [recorded(event) for event in events]
        item = fold(log, required)
        answers[name] = {"item": item, "details": details(item).as_json()}
        if name in ("completed", "failed"):
            answers[name] |= {"summary": summary(item).as_json(), "timeline": timeline(log).as_json()}
    return answers


def test_items_and_what_is_shown_of_them_have_not_changed():
    """A change of an item makes every stored one differ from its fold until the tables are rebuilt."""
    assert found() == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_an_image_was_created_when_it_was_uploaded_whatever_the_other_clocks_said():
    clock = ManualClock()
    clock.advance(10)
    upload = uploaded(clock=clock)
    item = fold(map(recorded, [upload, *story()[1:]]), Required.parse(DEFAULT))
    assert item["created_at"] == upload.meta.occurred_at == "2026-01-02T03:04:15.000Z"
    assert item["updated_at"] == upload.meta.occurred_at


def test_whole_numbers_are_integers_at_any_depth_as_the_table_returns_them():
    first, validated, *_ = story()
    label = Label(name="Beach", confidence=90.0, parents=("Sea",))
    data = LabelsDetected(labels=(label,), model_versions={})
    facts = [first, validated, caused_by(validated.meta, data, clock=ManualClock())]
    item = fold(map(recorded, facts), Required.parse(DEFAULT))
    text = '[{"name": "Beach", "confidence": 90, "parents": ["Sea"]}]'
    assert json.dumps(item["labels"]["labels"]) == text
    stored = unmarshal_item(marshal_item(item))
    assert canonical(stored) == canonical(item) != canonical(item | {"size": 1001})


def test_items_are_written_as_boto3_writes_them_and_floats_too():
    value = {"null": None, "flag": True, "text": "é", "list": [Decimal(1), None, {}], "empty": []}
    assert {"M": marshal_item(value)} == TypeSerializer().serialize(value)
    assert marshal_item({"x": 1.5}) == {"x": {"N": "1.5"}}
    assert unmarshal_item(marshal_item(value)) == value
    with pytest.raises(TypeError, match="set"):
        marshal_item({"x": {1}})


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        '{"source": "s", "detail_type": "t", "detail": {}}',
        '{"source": "s", "detail_type": "t", "detail": {"meta": 1}}',
        "[" * 100_000,
    ],
    ids=range(5),
)
def test_an_event_that_cannot_be_read_is_identified_by_what_is_beside_it(text: str):
    """So that it can be erased."""
    item = {"revision": {"S": FIRST}, "event": {"S": text}}
    assert identity(item) == {"revision": FIRST}
