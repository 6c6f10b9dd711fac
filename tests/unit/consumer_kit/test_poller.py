"""Lambda's poller as the kit drives it: what fails is delivered again, and ends in the dead letters."""

from __future__ import annotations

from typing import Any

import pytest

from imagebus.testing import InMemorySQS, ManualClock
from imagebus.testing.kit.messages import Message
from imagebus.testing.kit.poller import FunctionError, Poller, failures

A, B, BAD = Message("a", "a"), Message("b", "b"), Message("bad", "bad")


class Inbox:
    def __init__(self, answer: Any = None, *, dead_letters: bool = True) -> None:
        self.sqs = InMemorySQS(ManualClock())
        self.dead = self.sqs.add_queue("dead")
        limit = {"max_receive_count": 3, "dead_letter_url": self.dead} if dead_letters else {}
        self.url = self.sqs.add_queue("inbox", **limit)
        self.batches: list[list[str]] = []
        self.answer = answer

    def invoke(self, event: dict[str, Any]) -> Any:
        self.batches.append([record["body"] for record in event["Records"]])
        if isinstance(self.answer, Exception):
            raise self.answer
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return self.answer or {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}

    def deliver(self, *messages: Message, **options: Any) -> list[Message]:
        arn = self.sqs.queues[self.url].arn
        return Poller(self.sqs, self.url, arn, self.invoke, **options).deliver(messages)

    @property
    def dead_letters(self) -> list[str]:
        return [message.body for message in self.sqs.queues[self.dead].messages]


def test_only_the_failed_message_is_delivered_again_until_it_is_a_dead_letter() -> None:
    inbox = Inbox()
    assert inbox.deliver(A, BAD, B) == []
    assert inbox.batches == [["a", "bad", "b"], ["bad"], ["bad"]]
    assert inbox.dead_letters == ["bad"]
    assert inbox.sqs.depth(inbox.url) == 0


def test_a_function_that_raises_fails_on_all_of_the_batch() -> None:
    inbox = Inbox(FunctionError("timeout"))
    inbox.deliver(A, B)
    assert inbox.batches == [["a", "b"]] * 3
    assert inbox.dead_letters == ["a", "b"]


def test_without_dead_letters_it_stays() -> None:
    inbox = Inbox(dead_letters=False)
    assert inbox.deliver(A, BAD) == [BAD]
    assert inbox.sqs.depth(inbox.url) == 0


def test_a_mapping_that_asks_for_no_failures_gets_none() -> None:
    inbox = Inbox()
    assert inbox.deliver(A, BAD, reports_failures=False) == []
    assert (inbox.batches, inbox.dead_letters) == ([["a", "bad"]], [])


def test_a_batch_is_no_larger_than_the_mapping_says() -> None:
    inbox = Inbox()
    inbox.deliver(A, B, A, batch_size=2)
    assert inbox.batches == [["a", "b"], ["a"]]


def test_another_message_in_the_inbox_is_left_there() -> None:
    inbox = Inbox()
    inbox.sqs.send_message(QueueUrl=inbox.url, MessageBody="somebody else's")
    assert inbox.deliver(A) == []
    assert inbox.batches == [["a"]]
    assert inbox.sqs.depth(inbox.url) == 1


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"statusCode": 200}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, {"1"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"1", "2"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"1", "2"}),
        ({"batchItemFailures": [{"messageId": "1"}]}, {"1", "2"}),
        ({"batchItemFailures": ["1"]}, {"1", "2"}),
        ({"batchItemFailures": "1"}, {"1", "2"}),
        ("done", {"1", "2"}),
    ],
)
def test_an_answer_is_read_as_lambda_reads_it(answer: Any, failed: set[str]) -> None:
    assert failures(answer, ["1", "2"]) == failed
