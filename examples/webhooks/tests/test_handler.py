"""webhooks, tested with the pipeline's golden events: examples of what the bus delivers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from webhooks import handler
from webhooks.handler import receive
from worlds import EVENTS, World

from imagebus.inbox import Inbox, one_by_one
from imagebus.testing import sqs_record


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(handler, "store", lambda: world.store)
    monkeypatch.setattr(handler, "queue", lambda: world.queue)
    return world


def delivered(envelope: dict[str, Any]) -> dict[str, Any]:
    """The function's response to this event from its inbox."""
    return Inbox(one_by_one(receive))({"Records": [sqs_record(json.dumps(envelope))]})


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_that_the_rule_lets_through_becomes_a_delivery(name: str, world: World) -> None:
    world.subscribe()
    assert delivered(EVENTS[name]) == {"batchItemFailures": []}
    meta = EVENTS[name]["detail"]["meta"]
    (due,) = world.messages()
    assert (due.subscription, due.webhook_id) == ("sub_1", meta["event_id"])
    message = world.store.message(meta["event_id"])
    assert message is not None
    assert json.loads(message) == {
        "type": EVENTS[name]["detail-type"],
        "timestamp": meta["occurred_at"],
        "data": EVENTS[name]["detail"],
    }


@pytest.mark.usefixtures("world")
def test_an_event_that_was_not_subscribed_to_is_refused() -> None:
    stranger = {"source": "somebody.else", "detail-type": "SomethingElse", "detail": {}}
    assert delivered(stranger) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_an_event_that_arrives_twice_is_one_delivery_and_keeps_its_first_body(world: World) -> None:
    world.subscribe()
    first = world.publish(occurred_at="2026-11-21T12:00:00.100Z")
    again = world.publish(occurred_at="2026-11-21T12:00:00.700Z")
    assert first == again
    assert len(list(world.messages())) == 1
    assert "12:00:00.100Z" in (world.store.message(first) or "")


def test_a_subscription_gets_the_types_and_keys_that_it_asked_for(world: World) -> None:
    world.subscribe("sub_all")
    world.subscribe("sub_rejected", types=("ImageRejected",))
    world.subscribe("sub_holiday", prefix="holiday/")
    world.publish("ImageProcessed", image_key="holiday/a.jpg")
    assert {due.subscription for due in world.messages()} == {"sub_all", "sub_holiday"}
    world.publish("ImageRejected", image_key="work/a.jpg")
    assert {due.subscription for due in world.messages()} == {"sub_all", "sub_rejected"}


def test_the_events_of_a_disabled_subscription_wait(world: World) -> None:
    world.subscribe()
    world.store.change("sub_1", lambda old: old.disabled("operator"))
    webhook_id = world.publish()
    assert list(world.messages()) == []
    delivery = world.store.delivery("sub_1", webhook_id)
    assert delivery is not None
    assert delivery.state == "pending"


def test_what_is_no_message_about_a_delivery_fails_alone() -> None:
    for body in ("[]", "{}", "no JSON"):
        done = Inbox(one_by_one(handler.send))({"Records": [sqs_record(body)]})
        assert done == {"batchItemFailures": [{"itemIdentifier": "m1"}]}, body
