"""A queue without polling is drained by its function; failed messages stay, none is deleted unhandled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from imagebus.drain import BEHIND_SECONDS, RESERVE_MS, NotDrained, drain
from imagebus.inbox import Delivery, Inbox, one_by_one
from imagebus.testing import InMemorySQS, ManualClock, lambda_event
from imagebus.testing.errors import client_error


class Boom(Exception):
    pass


class CountingSQS(InMemorySQS):
    """Counts the calls, and refuses those that a test forbids: `refused` holds (call, URL)."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime.now(UTC))
        super().__init__(self.clock)
        self.calls: list[tuple[str, str]] = []
        self.refused: set[tuple[str, str]] = set()
        self.error: Exception = client_error("AccessDenied", "call")

    def receive_message(self, **request: Any) -> dict[str, Any]:
        """A short poll asks some servers only: here, those that have nothing.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        """
        self._called("receive", request)
        return super().receive_message(**request) if request.get("WaitTimeSeconds") else {}

    def delete_message(self, **request: Any) -> dict[str, Any]:
        return self._called("delete", request) or super().delete_message(**request)

    def _called(self, name: str, request: dict[str, Any]) -> None:
        call = name, request["QueueUrl"]
        self.calls.append(call)
        if call in self.refused:
            raise self.error


class Bench:
    def __init__(self) -> None:
        self.sqs = CountingSQS()
        self.queues: dict[str, str] = {}
        self.seen: list[Delivery] = []
        self.bad: set[str] = set()
        self.time_left = 30_000
        self.each_takes = 0

    def queue(self, name: str) -> str:
        url = self.sqs.add_queue(name)
        self.queues[self.sqs.queues[url].arn] = url
        return url

    def send(self, url: str, *bodies: str, **attributes: str) -> None:
        given = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        for body in bodies:
            self.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=given)

    def handle(self, delivery: Delivery) -> None:
        self.seen.append(delivery)
        self.time_left -= self.each_takes
        if delivery.body in self.bad:
            raise Boom

    def drain(self) -> dict[str, int]:
        inbox = Inbox(one_by_one(self.handle))
        return drain(inbox, self.sqs, self.queues, lambda: self.time_left)  # type: ignore[arg-type]

    @property
    def bodies(self) -> list[str]:
        return [delivery.body for delivery in self.seen]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_more_than_a_batch_is_handled_and_deleted_in_one_go(bench: Bench):
    url, numbers = bench.queue("dead"), [str(number) for number in range(25)]
    bench.send(url, *numbers)
    assert bench.drain() == {"handled": 25, "failed": 0}
    assert sorted(bench.bodies, key=int) == numbers
    assert bench.sqs.depth(url) == 0


def test_an_empty_queue_costs_one_receive(bench: Bench):
    urls = [bench.queue(name) for name in ("a", "b", "c")]
    assert bench.drain() == {"handled": 0, "failed": 0}
    assert sorted(bench.sqs.calls) == [("receive", url) for url in urls]


def test_what_fails_stays_and_what_does_not_is_gone(bench: Bench):
    url = bench.queue("dead")
    bench.send(url, "good", "bad", "better")
    bench.bad = {"bad"}
    assert bench.drain() == {"handled": 2, "failed": 1}
    assert [message.body for message in bench.sqs.queues[url].messages] == ["bad"]


def test_what_failed_is_not_tried_again_before_it_is_visible_again(bench: Bench):
    bench.send(bench.queue("dead"), "bad")
    bench.bad = {"bad"}
    bench.drain()
    assert bench.bodies == ["bad"]


def test_a_record_is_that_which_lambda_would_have_handed_over(bench: Bench):
    url, records = bench.queue("dead"), []
    twin = InMemorySQS(ManualClock())
    twin_url = twin.add_queue("dead")
    for sqs, queue in ((bench.sqs, url), (twin, twin_url)):
        attributes = {"error_type": {"DataType": "String", "StringValue": "Boom"}}
        sqs.send_message(QueueUrl=queue, MessageBody="body", MessageAttributes=attributes)

    def keep(batch: Mapping[str, Any]) -> dict[str, Any]:
        records.extend(batch["Records"])
        return {"batchItemFailures": []}

    drain(keep, bench.sqs, bench.queues, lambda: bench.time_left)  # type: ignore[arg-type]
    (record,) = records
    sent = record["attributes"].pop("SentTimestamp")
    assert abs(int(sent) / 1000 - time()) < 60
    received = twin.receive_message(QueueUrl=twin_url)["Messages"]
    assert [record] == lambda_event(received, twin.queues[twin_url].arn)["Records"]


def test_a_delivery_knows_its_queue_its_receives_and_its_attributes(bench: Bench):
    url = bench.queue("dead")
    bench.send(url, "body", error_type="AccessDenied", attempts="5")
    bench.drain()
    (delivery,) = bench.seen
    assert delivery.source_arn == bench.sqs.queues[url].arn
    assert delivery.receive_count == 1
    assert delivery.attributes == {"error_type": "AccessDenied", "attempts": "5"}


def test_when_time_is_short_no_further_batch_is_begun_and_the_rest_stays(bench: Bench):
    url = bench.queue("dead")
    bench.send(url, *map(str, range(25)))
    bench.each_takes = (bench.time_left - RESERVE_MS) // 15
    assert bench.drain() == {"handled": 20, "failed": 0}
    assert bench.sqs.depth(url) == 5


def test_what_was_received_too_late_to_be_begun_is_not_deleted(bench: Bench):
    first, second = bench.queue("a"), bench.queue("b")
    bench.send(first, "slow")
    bench.send(second, "waits")
    bench.each_takes = bench.time_left - RESERVE_MS
    assert bench.drain() == {"handled": 1, "failed": 0}
    assert (bench.sqs.depth(first), bench.sqs.depth(second)) == (0, 1)


def test_without_time_nothing_is_received(bench: Bench):
    bench.send(bench.queue("dead"), "body")
    bench.time_left = RESERVE_MS
    assert bench.drain() == {"handled": 0, "failed": 0}
    assert bench.sqs.calls == []


def test_more_than_there_is_time_for_is_an_error_once_it_has_waited_for_long(bench: Bench):
    url = bench.queue("dead")
    bench.sqs.clock.advance(-BEHIND_SECONDS - 60)
    bench.send(url, *map(str, range(25)))
    bench.sqs.clock.advance(BEHIND_SECONDS + 60)
    bench.each_takes = bench.time_left
    with pytest.raises(NotDrained, match="0 queues refused, 1 are not empty"):
        bench.drain()
    bench.each_takes, bench.time_left = 0, 30_000
    bench.drain()


def test_what_has_waited_for_just_so_long_is_no_error(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    url, now = bench.queue("dead"), bench.sqs.clock.now().replace(microsecond=0)
    bench.sqs.clock.advance(-BEHIND_SECONDS - bench.sqs.clock.now().microsecond / 1e6)
    bench.send(url, *map(str, range(25)))
    bench.sqs.clock.advance(BEHIND_SECONDS)
    bench.each_takes = bench.time_left
    monkeypatch.setattr("imagebus.drain.time", now.timestamp)
    assert bench.drain() == {"handled": 10, "failed": 0}


@pytest.mark.parametrize(
    "error", [client_error("AccessDenied", "call"), ReadTimeoutError(endpoint_url="sqs")]
)
@pytest.mark.parametrize("call", ["receive", "delete"])
def test_a_queue_that_refuses_is_an_error_once_the_others_are_done(bench: Bench, call: str, error: Exception):
    bench.sqs.error = error
    refusing, other = bench.queue("a"), bench.queue("b")
    for url in (refusing, other):
        bench.send(url, *map(str, range(12)))
    bench.sqs.refused = {(call, refusing)}
    with pytest.raises(NotDrained, match="1 queues refused, 0 are not empty"):
        bench.drain()
    assert (bench.sqs.depth(refusing), bench.sqs.depth(other)) == (12, 0)


def test_a_function_that_dies_in_the_middle_leaves_its_batch_to_come_again(bench: Bench):
    url = bench.queue("dead")
    bench.send(url, "body")

    def die(_: object) -> dict[str, Any]:
        raise MemoryError

    with pytest.raises(MemoryError):
        drain(die, bench.sqs, bench.queues, lambda: 30_000)  # type: ignore[arg-type]
    assert bench.sqs.depth(url) == 1
