"""Status items as the table has them, and as the API and the command show them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imagebus.events import Event, Usage, caused_by
from imagebus.events.analyzer import Label, LabelsDetected
from imagebus.history.fold import fold
from imagebus.history.required import DEFAULT, Required
from imagebus.history.view import details, summary, timeline
from imagebus.testing import ManualClock
from tests.unit.core.events import deleted, failure, processed, recorded, rejected, stalled, story, uploaded

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
