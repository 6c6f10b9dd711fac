"""Sender and sweeper over the tables: claims, crashes, and two at the same time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from webhooks.model import DELAYS, RESERVED, Delivery, Outcome, Subscription
from webhooks.queue import Due
from webhooks.sender import Sender
from webhooks.sweeper import TURN, sweep
from worlds import World

from imagebus.bus import PublishError
from imagebus.testing import ManualClock

OK = Outcome(204, 1)


class Endpoint:
    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.ids: list[str] = []
        self.meanwhile: Callable[[], Any] = lambda: None

    def __call__(self, _url: str, _body: bytes, headers: Mapping[str, str]) -> Outcome:
        self.ids.append(headers["webhook-id"])
        self.meanwhile()
        return self.outcomes.pop(0) if self.outcomes else OK


def sender(world: World, endpoint: Endpoint) -> Sender:
    return Sender(world.store, world.keys, endpoint, world.clock, random=lambda: 0.0)


def delivery(world: World, webhook_id: str) -> Delivery:
    found = world.store.delivery("sub_1", webhook_id)
    assert found is not None
    return found


def swept(world: World, announced: list[Subscription] | None = None) -> list[Due]:
    announce = (announced if announced is not None else []).append
    sweep(world.store, world.queue, announce, world.clock, lambda: 50_000)
    return list(world.messages())


def test_a_delivery_is_posted_once_however_often_the_queue_says_so() -> None:
    world, endpoint = World(), Endpoint()
    world.subscribe()
    webhook_id = world.publish()
    (due,) = world.messages()
    assert sender(world, endpoint).send(due) == "delivered"
    assert sender(world, endpoint).send(due) == "stale"
    assert endpoint.ids == [webhook_id]
    assert swept(world) == []


def test_two_senders_with_the_same_message_post_once() -> None:
    """The second one looks while the first one waits for the endpoint."""
    world, endpoint, second = World(), Endpoint(), Endpoint()
    world.subscribe()
    webhook_id = world.publish()
    (due,) = world.messages()
    endpoint.meanwhile = lambda: sender(world, second).send(due)
    sender(world, endpoint).send(due)
    assert (endpoint.ids, second.ids) == ([webhook_id], [])


def test_a_sender_that_dies_after_the_post_causes_a_second_one_under_the_same_id() -> None:
    world, endpoint = World(), Endpoint()
    world.subscribe()
    webhook_id = world.publish()
    (due,) = world.messages()

    def die() -> None:
        raise KeyboardInterrupt

    endpoint.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        sender(world, endpoint).send(due)
    endpoint.meanwhile = lambda: None
    assert sender(world, endpoint).send(due) == "stale"
    world.clock.sleep(59)
    assert swept(world) == []
    world.clock.sleep(2)
    (again,) = swept(world)
    assert sender(world, endpoint).send(again) == "delivered"
    assert endpoint.ids == [webhook_id, webhook_id]


def test_a_sender_that_dies_every_time_ends() -> None:
    world = World()
    world.subscribe()
    webhook_id = world.publish()
    world.store.replace_delivery(replace(delivery(world, webhook_id), tries=len(DELAYS) + 1))
    endpoint = Endpoint()
    (due,) = world.messages()
    assert sender(world, endpoint).send(due) == "failed"
    assert (endpoint.ids, delivery(world, webhook_id).state) == ([], "failed")


def test_a_missing_secret_costs_no_attempt() -> None:
    world, endpoint = World(), Endpoint()
    world.subscribe()
    webhook_id = world.publish()
    world.keys.delete("sub_1")
    (due,) = world.messages()
    with pytest.raises(KeyError):
        sender(World(world.clock, world.dynamodb, world.ssm), endpoint).send(due)
    assert (endpoint.ids, delivery(world, webhook_id).claims) == ([], 0)


def test_a_message_that_was_lost_is_sent_again_by_the_sweep() -> None:
    world = World()
    world.subscribe()
    world.publish()
    (lost,) = world.messages()
    world.clock.sleep(RESERVED - 1)
    assert swept(world) == []
    world.clock.sleep(2)
    assert swept(world) == [lost]
    assert swept(world) == []


def test_a_message_that_waited_long_in_the_queue_still_counts() -> None:
    """The sweep sent another one meanwhile; of the two, the first to be read is the one that counts."""
    world, endpoint = World(), Endpoint()
    world.subscribe()
    world.publish()
    (first,) = world.messages()
    world.clock.sleep(RESERVED + 1)
    (second,) = swept(world)
    assert [sender(world, endpoint).send(each) for each in (first, second)] == ["delivered", "stale"]


def test_a_failing_endpoint_is_probed_with_one_delivery_and_gets_all_when_it_is_back() -> None:
    world, endpoint = World(), Endpoint(*[Outcome(500, 1)] * 3)
    world.subscribe()
    ids = [world.publish(event_id=f"{each:08x}-0000-5000-8000-000000000000") for each in range(60)]
    for due in world.messages():
        sender(world, endpoint).send(due)
    assert len(endpoint.ids) == 3
    assert swept(world) == []
    world.clock.sleep(RESERVED + 1)
    (probe,) = swept(world)
    assert sender(world, endpoint).send(probe) == "delivered"
    rest = swept(world)
    assert len(rest) == 59 > 2 * TURN
    for due in rest:
        sender(world, endpoint).send(due)
    assert {delivery(world, each).state for each in ids} == {"delivered"}


def test_a_sweep_takes_turns_and_stops_when_its_time_is_up() -> None:
    world = World()
    for name in ("sub_1", "sub_2"):
        world.subscribe(name)
    for each in range(100):
        world.publish(event_id=f"{each:08x}-0000-5000-8000-000000000000")
    list(world.messages())
    world.clock.sleep(RESERVED + 1)
    left = iter([50_000, 0])
    sweep(world.store, world.queue, lambda _each: None, world.clock, lambda: next(left))
    handed_over = [due.subscription for due in world.messages()]
    assert (handed_over.count("sub_1"), handed_over.count("sub_2")) == (TURN, TURN)


def test_gone_is_announced_once_and_nothing_more_is_posted() -> None:
    world, endpoint = World(), Endpoint(Outcome(410, 1))
    world.subscribe()
    world.publish()
    (due,) = world.messages()
    sender(world, endpoint).send(due)
    announced: list[Subscription] = []
    world.clock.sleep(7200)
    assert swept(world, announced) == []
    assert swept(world, announced) == []
    assert [(each.id, each.reason) for each in announced] == [("sub_1", "gone")]
    assert sender(world, endpoint).send(due) == "closed"
    assert len(endpoint.ids) == 1


def test_a_bus_that_refuses_the_event_keeps_no_delivery_from_being_retried() -> None:
    world, endpoint = World(), Endpoint(Outcome(410, 1))
    world.subscribe("sub_0")
    world.publish("ImageRejected")
    (due,) = world.messages()
    sender(world, endpoint).send(due)
    world.subscribe("sub_1")
    world.publish()
    (lost,) = world.messages()
    world.clock.sleep(RESERVED + 1)

    def refuse(_subscription: Subscription) -> None:
        raise PublishError

    for _ in range(2):
        with pytest.raises(PublishError):
            sweep(world.store, world.queue, refuse, world.clock, lambda: 50_000)
    assert list(world.messages()) == [lost]


def test_a_subscription_that_was_removed_gets_nothing() -> None:
    world, endpoint = World(), Endpoint()
    world.subscribe()
    world.publish()
    (due,) = world.messages()
    world.store.delete_subscription("sub_1")
    assert sender(world, endpoint).send(due) == "closed"
    assert endpoint.ids == []


def test_of_two_changes_of_a_subscription_none_is_lost() -> None:
    world = World()
    world.subscribe()
    once = iter([True])

    def change(old: Subscription) -> Subscription:
        if next(once, False):
            world.store.change("sub_1", lambda other: replace(other, prefix="b/"))
        return replace(old, url="https://b.example/")

    changed = world.store.change("sub_1", change)
    assert changed is not None
    assert (changed.url, changed.prefix) == ("https://b.example/", "b/")


def expires(world: World, table: str, *key: str) -> int:
    item = world.dynamodb.tables[table].partitions[key[0]][key[1] if len(key) > 1 else ""]
    return int(item["expires"]["N"])


def test_items_are_kept_from_when_they_were_last_due() -> None:
    world, endpoint = World(), Endpoint(Outcome(500, 1))
    assert isinstance(world.clock, ManualClock)
    world.subscribe()
    webhook_id = world.publish()
    list(world.messages())
    month = timedelta(days=30).total_seconds()
    made = int(world.clock.now().timestamp())
    assert expires(world, "messages", webhook_id) == made + month
    assert expires(world, "deliveries", "sub_1", webhook_id) == made + RESERVED + month
    world.clock.sleep(29 * 86_400)
    (due,) = swept(world)
    sender(world, endpoint).send(due)
    retried = int(world.clock.now().timestamp()) + DELAYS[0]
    assert expires(world, "messages", webhook_id) == retried + month
    assert expires(world, "deliveries", "sub_1", webhook_id) == retried + month
    world.clock.sleep(DELAYS[0])
    (due,) = swept(world)
    assert sender(world, endpoint).send(due) == "delivered"
    assert expires(world, "deliveries", "sub_1", webhook_id) >= retried + month


def test_a_delivery_whose_message_is_gone_says_so() -> None:
    world, endpoint = World(), Endpoint()
    world.subscribe()
    webhook_id = world.publish()
    (due,) = world.messages()
    world.dynamodb.delete_item(TableName="messages", Key={"webhook_id": {"S": webhook_id}})
    assert sender(world, endpoint).send(due) == "failed"
    assert delivery(world, webhook_id).log[-1]["error"] == "not kept"


def test_a_delivery_without_an_attempt_left_is_counted_for_the_alarm(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world, endpoint = World(), Endpoint(*[Outcome(500, 1)] * 10)
    world.subscribe()
    world.publish()
    list(world.messages())
    for delay in (RESERVED, *DELAYS):
        assert "FailedDeliveries" not in capsys.readouterr().out
        world.clock.sleep(delay)
        (due,) = swept(world)
        sender(world, endpoint).send(due)
    assert '"FailedDeliveries":1' in capsys.readouterr().out
