"""What an attempt changes about a delivery and its subscription."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from webhooks.model import DELAYS, LEASE, PROBE_AFTER, Delivery, Outcome, Subscription

from imagebus.clock import parse_timestamp, timestamp
from imagebus.testing.clock import START

FIVE_DAYS = timedelta(days=5)
OK, BROKEN, GONE = Outcome(204, 1), Outcome(500, 1), Outcome(410, 1)
SUBSCRIPTION = Subscription("sub_1", "https://a.example/", (), "", enabled_at=timestamp(START))
DELIVERY = Delivery("sub_1", "id-1", "ImageProcessed", timestamp(START), timestamp(START))


def middle() -> float:
    return 0.5


def seconds(text: str) -> float:
    return (parse_timestamp(text) - START).total_seconds()


def failed(subscription: Subscription, at: datetime, outcome: Outcome = BROKEN) -> Subscription:
    return subscription.failed(outcome, at, FIVE_DAYS, middle)


def test_delays_grow_over_three_days_and_a_part_of_each_is_random() -> None:
    delivery, waits = DELIVERY, []
    while delivery.state == "pending":
        delivery = delivery.claimed(START).recorded(BROKEN, START, middle)
        waits.append(seconds(delivery.due_at))
    assert waits[:-1] == pytest.approx([each * 1.1 for each in DELAYS])
    assert (delivery.state, delivery.tries, len(delivery.log)) == ("failed", 10, 10)
    assert 72 * 3600 < sum(DELAYS) < 80 * 3600


def test_a_success_that_is_late_changes_nothing_of_a_disabled_subscription() -> None:
    """It began before. The announcement still has to say since when the endpoint failed."""
    disabled = failed(SUBSCRIPTION, START, GONE)
    assert disabled.succeeded() == disabled
    enabled = disabled.enabled(START + FIVE_DAYS)
    assert (enabled.state, enabled.failures, enabled.failing_since) == ("enabled", 0, "")


def test_an_attempt_that_is_never_recorded_is_due_after_its_lease() -> None:
    claimed = DELIVERY.claimed(START)
    assert (seconds(claimed.due_at), claimed.claims, claimed.state) == (LEASE, 1, "pending")
    assert claimed.log[-1]["error"] == "not recorded"


def test_a_delivery_waits_as_long_as_the_endpoint_asks_for() -> None:
    waiting = DELIVERY.claimed(START).recorded(replace(BROKEN, status=429, wait=3600), START, lambda: 0.0)
    assert seconds(waiting.due_at) == 3600
    impatient = DELIVERY.claimed(START).recorded(replace(BROKEN, wait=1), START, lambda: 0.0)
    assert seconds(impatient.due_at) == DELAYS[0]


def test_a_delivery_that_is_asked_for_again_has_all_its_attempts_and_keeps_its_number() -> None:
    done = DELIVERY.claimed(START).recorded(OK, START, middle)
    again = done.again(START + timedelta(days=1))
    assert (done.state, again.state, again.tries, again.claims) == ("delivered", "pending", 0, 1)
    assert len(again.log) == 1


def test_the_log_keeps_the_last_attempts() -> None:
    delivery = DELIVERY
    for _ in range(30):
        delivery = delivery.again(START).claimed(START).recorded(OK, START, middle)
    assert [entry["attempt"] for entry in delivery.log] == list(range(11, 31))


def test_an_endpoint_is_probed_after_a_few_failures_and_not_after_one() -> None:
    subscription = SUBSCRIPTION
    for number in range(1, PROBE_AFTER + 1):
        assert subscription.open(START)
        subscription = failed(subscription, START)
        assert subscription.failures == number
    assert not subscription.open(START)
    assert subscription.open(START + timedelta(seconds=66))
    assert subscription.succeeded() == SUBSCRIPTION


@pytest.mark.parametrize(("failing", "wait"), [(10, 60), (600, 300), (3600, 1800), (86_400, 3600)])
def test_probes_become_rarer_the_longer_an_endpoint_fails(failing: int, wait: int) -> None:
    old = replace(SUBSCRIPTION, failures=9, failing_since=timestamp(START - timedelta(seconds=failing)))
    assert seconds(failed(old, START).probe_at) == pytest.approx(wait * 1.1)


def test_an_endpoint_that_asks_for_a_break_gets_one_at_once_and_it_is_never_shortened() -> None:
    resting = failed(SUBSCRIPTION, START, Outcome(429, 1, wait=7200))
    assert seconds(resting.probe_at) == pytest.approx(7200 * 1.1)
    for _ in range(PROBE_AFTER):
        resting = failed(resting, START)
    assert seconds(resting.probe_at) == pytest.approx(7200 * 1.1)


def test_gone_disables_at_once() -> None:
    gone = failed(SUBSCRIPTION, START, GONE)
    assert (gone.state, gone.reason, gone.announced) == ("disabled", "gone", False)
    assert not gone.open(START + timedelta(days=99))


def test_days_of_failures_disable_and_one_success_in_between_does_not() -> None:
    first = failed(SUBSCRIPTION, START)
    almost = failed(first, START + FIVE_DAYS - timedelta(seconds=1))
    assert almost.state == "enabled"
    assert failed(almost, START + FIVE_DAYS).reason == "failing"
    assert failed(almost.succeeded(), START + FIVE_DAYS).state == "enabled"


def test_what_comes_late_changes_nothing_of_a_disabled_subscription() -> None:
    disabled = SUBSCRIPTION.disabled("operator")
    assert failed(disabled, START, GONE) == disabled
    assert disabled.announced


def test_enabling_starts_afresh() -> None:
    later = START + timedelta(days=9)
    again = failed(SUBSCRIPTION, START, GONE).enabled(later)
    assert (again.state, again.failures, again.failing_since, again.reason) == ("enabled", 0, "", "")
    assert again.enabled_at == timestamp(later)
    assert SUBSCRIPTION.enabled(later) == SUBSCRIPTION
