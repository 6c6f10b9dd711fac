"""EndpointDisabled, the event of this stack, and its contract."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from webhooks.event import EndpointDisabled, announcement
from webhooks.model import Outcome, Subscription

from imagebus.bus import EventBridgeBus
from imagebus.clock import timestamp
from imagebus.testing import InMemoryEventBridge, ManualClock

SCHEMA = json.loads((Path(__file__).parents[1] / "schemas" / "EndpointDisabled.json").read_text("utf-8"))


@pytest.fixture
def published() -> dict[str, Any]:
    """As the bus delivers it."""
    clock, client = ManualClock(), InMemoryEventBridge()
    old = Subscription("sub_1", "https://hooks.example/token", (), "", enabled_at=timestamp(clock.now()))
    gone = old.failed(Outcome(410, 1), clock.now(), timedelta(days=5), lambda: 0.0)
    bus: Any = client
    for _ in range(2):
        EventBridgeBus(bus, "imagebus", clock).publish([announcement(gone, "imagebus-webhooks", clock)])
        clock.advance(60)
    (first, second) = (envelope for _, envelope in client.archive)
    assert first["detail"]["meta"]["event_id"] == second["detail"]["meta"]["event_id"]
    return first


def test_what_is_published_keeps_the_contract(published: dict[str, Any]) -> None:
    Draft202012Validator(SCHEMA).validate(published)
    assert published["detail"]["data"]["reason"] == "gone"


def test_it_does_not_reach_the_pipelines_recorder(published: dict[str, Any]) -> None:
    assert not published["source"].startswith("imagebus.")


def test_it_names_the_host_and_not_the_url(published: dict[str, Any]) -> None:
    assert published["detail"]["data"]["host"] == "hooks.example"
    assert "token" not in json.dumps(published)


def test_the_contract_has_the_fields_of_the_model() -> None:
    (made,), definitions = msgspec.json.schema_components([EndpointDisabled])
    fields = definitions["EndpointDisabled"]["properties"]
    data = SCHEMA["properties"]["detail"]["properties"]["data"]
    assert made == {"$ref": "#/$defs/EndpointDisabled"}
    assert data["properties"].keys() == fields.keys()
    assert set(data["required"]) == set(definitions["EndpointDisabled"]["required"])
