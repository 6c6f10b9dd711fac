"""The Lambda handler that `consumer` makes, invoked with a batch or by a schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from imagebus import consumer as module
from imagebus.consumer import consumer
from imagebus.inbox import Delivery, Group
from imagebus.testing import InMemorySQS, ManualClock, lambda_event

SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Bench:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sqs = InMemorySQS(ManualClock())
        self.dead = self.sqs.add_queue("dead")
        self.url = self.sqs.add_queue("inbox")
        self.seen: list[str] = []
        monkeypatch.setenv("INBOX_URL", self.url)
        monkeypatch.setenv("DEAD_LETTER_URL", self.dead)
        monkeypatch.setenv("MAX_RECEIVE_COUNT", "2")
        monkeypatch.setattr(module, "client", {"sqs": self.sqs}.__getitem__)

    def handle(self, delivery: Delivery) -> None:
        self.seen.append(delivery.body)
        if delivery.body.startswith("bad"):
            raise ValueError("it is broken")

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def batch(self) -> dict[str, Any]:
        messages = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)["Messages"]
        return lambda_event(messages, self.sqs.queues[self.url].arn)

    def bodies(self, url: str) -> list[str]:
        return [message.body for message in self.sqs.queues[url].messages]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_each_delivery_of_a_batch_is_handled_on_its_own(bench: Bench):
    bench.send("bad", "good")
    answer = consumer(bench.handle)(batch := bench.batch(), Context())
    assert bench.seen == ["bad", "good"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": batch["Records"][0]["messageId"]}]}


def test_the_last_attempt_ends_in_the_dead_letters_that_the_environment_names(bench: Bench):
    handle = consumer(bench.handle)
    bench.send("bad")
    batch = bench.batch()
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = "2"
    assert handle(batch, Context()) == {"batchItemFailures": []}
    assert bench.bodies(bench.dead) == ["bad"]


def test_with_group_by_the_deliveries_of_one_key_are_handled_together(bench: Bench):
    groups: list[list[str]] = []

    def record(group: Group) -> None:
        groups.append([delivery.body for delivery in group])

    bench.send("a1", "b1", "a2")
    consumer(record, group_by=lambda delivery: delivery.body[0])(bench.batch(), Context())
    assert groups == [["a1", "a2"], ["b1"]]


def drained(bench: Bench) -> Callable[[], dict[str, str]]:
    return lambda: {bench.sqs.queues[bench.url].arn: bench.url}


def test_an_invocation_by_a_schedule_drains_the_queues(bench: Bench):
    bench.send("bad", "good")
    handle = consumer(bench.handle, drains=drained(bench))
    assert handle(SCHEDULED, Context()) == {"handled": 1, "failed": 1}
    assert bench.bodies(bench.url) == ["bad"]


def test_a_consumer_that_drains_also_takes_a_batch_from_lambda(bench: Bench):
    bench.send("good")
    handle = consumer(bench.handle, drains=drained(bench))
    assert handle(bench.batch(), Context()) == {"batchItemFailures": []}


def test_without_dead_letters_a_message_stays_and_no_queue_of_its_own_is_needed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    for name in ("INBOX_URL", "DEAD_LETTER_URL", "MAX_RECEIVE_COUNT"):
        monkeypatch.delenv(name)
    bench.send("bad")
    batch = bench.batch()
    batch["Records"][0]["attributes"]["ApproximateReceiveCount"] = "99"
    answer = consumer(bench.handle, dead_letters=False)(batch, Context())
    assert len(answer["batchItemFailures"]) == 1
    assert bench.bodies(bench.dead) == []


def test_making_a_handler_neither_reads_the_environment_nor_builds_a_client(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("INBOX_URL", raising=False)

    def build(service: str) -> Any:
        raise AssertionError(service)

    monkeypatch.setattr(module, "client", build)
    assert callable(consumer(lambda _delivery: None))
