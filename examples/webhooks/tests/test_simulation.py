"""Ten thousand deliveries to endpoints that fail in every way: none is lost, and each has one id."""

from __future__ import annotations

import os
from random import Random

import pytest
from simulation import DAY, Endpoint, Simulation

EVENTS = 1000
SEEDS = [int(each) for each in os.environ.get("WEBHOOKS_SEEDS", "1").split(",")]
POISON = f"{7:08x}-0000-5000-8000-000000000000"


def well(_at: float, _webhook_id: str, _times: int) -> tuple[int | str, float]:
    return 204, 0.1


def flaky(seed: int) -> Endpoint:
    """Every kind of failure that one delivery survives."""
    random = Random(seed)
    failures: list[tuple[int | str, float]] = [
        (500, 0.2), (503, 1), ("connection: reset", 0.1), (302, 0.1), (404, 0.1), (200, 16), ("timeout", 60),
    ]  # fmt: skip

    def endpoint(_at: float, _webhook_id: str, times: int) -> tuple[int | str, float]:
        return random.choice(failures) if times <= 5 and random.random() < 0.3 else (200, 0.3)

    return endpoint


def endpoints(seed: int) -> dict[str, Endpoint]:
    return {
        "well-1": well,
        "well-2": well,
        "slow": lambda _at, _id, _times: (200, 5),
        "flaky": flaky(seed),
        "limited": lambda at, _id, times: (429, 0.1) if times <= 5 and at % 600 < 120 else (200, 0.1),
        "down-for-a-day": lambda at, _id, _times: ("timeout", 60) if at < DAY else (200, 0.1),
        "poisoned": lambda _at, webhook_id, _times: (500, 0.1) if webhook_id == POISON else (200, 0.1),
        "moved": lambda _at, _id, _times: (301, 0.1),
        "gone": lambda at, _id, _times: (410, 0.1) if at > 3600 else (200, 0.1),
        "dead": lambda _at, _id, _times: ("timeout", 60),
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_ten_thousand_deliveries_to_endpoints_that_fail_in_every_way(seed: int) -> None:
    simulation = Simulation(seed, endpoints(seed))
    store = simulation.world.store
    simulation.events(EVENTS, over=2 * 3600)
    simulation.sweeps(60, until=3 * 3600)
    simulation.scheduler.run(until=3 * 3600)
    simulation.sweeps(600, until=8 * DAY)
    simulation.scheduler.run(until=8 * DAY)
    assert simulation.crashes > 50
    simulation.faults = False  # what follows asks the same tables

    # Nothing is lost: each subscription has each event, and what is recorded as delivered was accepted.
    ids = set(simulation.published)
    assert len(ids) == EVENTS
    deliveries = {
        name: {each.webhook_id: each for each in store.deliveries(name)} for name in simulation.secrets
    }
    for name, found in deliveries.items():
        assert found.keys() == ids, name
        recorded = {each.webhook_id for each in found.values() if each.state == "delivered"}
        accepted = {webhook_id for which, webhook_id in simulation.accepted if which == name}
        assert recorded <= accepted, name
    # Each duplicate has the id and the body of the first.
    assert {webhook_id for _, webhook_id in simulation.posted} == ids
    assert all(len(set(bodies)) == 1 for bodies in simulation.posted.values())
    assert max(simulation.accepted.values()) > 1

    for name in ("well-1", "well-2", "slow", "flaky", "limited", "down-for-a-day"):
        states = {each.state for each in deliveries[name].values()}
        assert states == {"delivered"}, (name, states)
    undelivered = [each for each in deliveries["poisoned"].values() if each.state != "delivered"]
    assert [(each.webhook_id, each.state, each.tries) for each in undelivered] == [(POISON, "failed", 10)]

    # An endpoint that is gone, or that failed for five days, gets nothing more, and that is announced once.
    for name, reason in (("gone", "gone"), ("dead", "failing"), ("moved", "failing")):
        subscription = store.subscription(name)
        assert subscription is not None
        assert (subscription.state, subscription.reason) == ("disabled", reason)
        assert {each.state for each in deliveries[name].values()} <= {"pending", "delivered", "failed"}
    assert simulation.last_post["gone"] < 3600 + 200
    assert 5 * DAY <= simulation.last_post["dead"] < 5 * DAY + 3 * 3600
    announced = {
        (each.data.subscription, each.data.reason, each.meta.event_id) for each in simulation.announced
    }
    assert {(name, reason) for name, reason, _ in announced} == {
        ("gone", "gone"), ("dead", "failing"), ("moved", "failing")
    }  # fmt: skip
    assert len(announced) == 3

    # When its owner has fixed it, it gets all that waited, and if asked for, what had no attempt left.
    for name in ("dead", "gone", "moved", "poisoned"):
        simulation.endpoints[name] = well
        store.change(name, lambda old: old.enabled(simulation.scheduler.now()))
        for each in store.deliveries(name):
            if each.state == "failed":
                store.replace_delivery(each.again(simulation.scheduler.now()))
    simulation.sweeps(60, until=8 * DAY + 4 * 3600)
    simulation.scheduler.run(until=8 * DAY + 4 * 3600)
    for name in ("dead", "gone", "moved", "poisoned"):
        assert {each.state for each in store.deliveries(name)} == {"delivered"}, name


def test_an_endpoint_that_never_answers_delays_no_other() -> None:
    """With five events a second, ten senders would be busy with its timeouts for ever."""
    simulation = Simulation(1, {"well": well, "dead": lambda _at, _id, _times: ("timeout", 60)}, faults=False)
    simulation.events(1000, over=200)
    simulation.sweeps(60, until=400)
    simulation.scheduler.run(until=400)
    delays = sorted(
        at - simulation.published[webhook_id]
        for (name, webhook_id), at in simulation.first_accepted.items()
        if name == "well"
    )
    assert len(delays) == 1000
    assert delays[500] < 1
    assert delays[990] < 15
    posts = sum(len(bodies) for (name, _), bodies in simulation.posted.items() if name == "dead")
    assert posts < 60
