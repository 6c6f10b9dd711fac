"""`imagebus verify` as a gate before a deploy: what the code of this checkout would change, counted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from imagebus.history.required import DEFAULT, Required
from imagebus.projector import Projector
from imagebus_cli import main
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deployed import Stack
from tests.unit.cli.test_images import stack
from tests.unit.core.events import recorded, story

__all__ = ["stack"]

KEYS = ("a/1.jpg", "a/2.jpg", "b/1.jpg")


@pytest.fixture
def images(stack: Stack) -> Stack:
    """Three images whose items are right, of which `change` makes some wrong."""
    stack.outputs["RequiredFacts"] = DEFAULT  # type: ignore[index]
    for key in KEYS:
        for event in story(key):
            stack.store.append(recorded(event))
        Projector(stack.store, Required.parse(DEFAULT)).project(key)
    return stack


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imagebus.clock.SystemClock.sleep", lambda *_: None)


def change(stack: Stack, *keys: str, **attributes: Any) -> None:
    for key in keys:
        item = stack.store.status(key)
        assert item is not None
        assert stack.store.replace_status({**item, **attributes}, item["log_digest"])


def verify(*options: str, exit_code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(main.app, ["verify", "--json", *options])
    assert done.exit_code == exit_code, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_gate_passes_if_nothing_would_change(images: Stack):
    assert verify() == {"images": 3, "differences": [], "unexpected": 0, "fields": {}, "statuses": {}}


def test_changes_are_counted_by_field_and_by_status(images: Stack):
    change(images, "a/1.jpg", "b/1.jpg", width=1)
    change(images, "b/1.jpg", width=1, status="completed")
    found = verify(exit_code=1)
    assert found["fields"] == {"width": 2, "status": 1}
    assert found["statuses"] == {"completed -> processing": 1}
    assert [each["image_key"] for each in found["differences"]] == ["a/1.jpg", "b/1.jpg"]
    text = CliRunner().invoke(main.app, ["verify", "--expect", "width"]).stdout
    assert "width: 2 (expected)" in text
    assert "completed -> processing: 1" in text


def test_expected_changes_pass_the_gate(images: Stack):
    change(images, "a/1.jpg", width=1, height=1)
    verify("--expect", "width", exit_code=1)
    assert verify("--expect", "width", "--expect", "height")["unexpected"] == 0


def test_an_item_without_its_log_is_never_expected(images: Stack):
    images.dynamodb.put_item(TableName="status", Item={"image_key": {"S": "c.jpg"}, "sk": {"S": "STATUS"}})
    assert verify("--expect", "width", exit_code=1)["unexpected"] == 1


def test_a_sample_and_a_prefix_narrow_what_is_looked_at(images: Stack):
    change(images, "b/1.jpg", width=1)
    assert verify("--prefix", "a/")["images"] == 2
    assert verify("--sample", "1")["images"] == 1
    assert verify("--prefix", "b/", "--sample", "5", exit_code=1)["images"] == 1


def test_other_required_facts_show_what_they_would_change(images: Stack):
    found = verify("--required-facts", DEFAULT + " ImageDeleted", exit_code=1)
    assert found["fields"] == {"outstanding": 3}
    assert verify("--required-facts", DEFAULT)["differences"] == []


@pytest.mark.parametrize("facts", ["", "ImageDone"])
def test_required_facts_are_events_that_exist(images: Stack, facts: str):
    raised = CliRunner().invoke(main.app, ["verify", "--required-facts", facts]).exception
    assert isinstance(raised, Problem)
    assert raised.exit_code == 2
