"""Lambda's poller of an SQS queue, driven by hand: each batch holds what the test says, in that order.

It sends to the real inbox and receives from it, so receive counts, receipt handles and the redrive to the
dead letters are SQS's own. Only the waiting between two attempts is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imagebus.testing.kit.messages import Message

#: SQS hands out, and Lambda deletes, at most this many at once.
MOST_AT_ONCE = 10


class FunctionError(Exception):
    """The function raised, or answered what Lambda cannot read: the whole batch has failed."""


@dataclass
class Poller:
    """`invoke` calls the function with an SQS event and returns its answer, or raises FunctionError.

    `reports_failures`: whether the event source mapping has ReportBatchItemFailures. `attempts`: the receives
    that a message has before it is a dead letter.
    """

    sqs: Any
    inbox_url: str
    inbox_arn: str
    invoke: Callable[[dict[str, Any]], Any]
    reports_failures: bool = True
    batch_size: int = MOST_AT_ONCE
    attempts: int = 5
    #: How long to wait for a message. SQS may otherwise ask only some of its servers, and miss it.
    wait_seconds: int = 0
    #: What the function raised last.
    error: str = ""

    def deliver(self, batch: Sequence[Message]) -> list[Message]:
        """Delivers the batch until nothing of it is left; returns what stays in the inbox for ever."""
        for start in range(0, len(batch), self.batch_size):
            if left := self._deliver(batch[start : start + self.batch_size]):
                return left
        return []

    def _deliver(self, batch: Sequence[Message]) -> list[Message]:
        waiting = {self._send(message): message for message in batch}
        for _ in range(self.attempts + 1):  # the last one finds nothing, because SQS moves the message then
            received = self._receive(waiting)
            if not received:
                return []
            order = list(waiting)
            received.sort(key=lambda each: order.index(each["MessageId"]))
            failed = self._failed(received)
            for each in received:
                handle = {"QueueUrl": self.inbox_url, "ReceiptHandle": each["ReceiptHandle"]}
                if each["MessageId"] in failed:
                    self.sqs.change_message_visibility(**handle, VisibilityTimeout=0)
                else:
                    self.sqs.delete_message(**handle)
                    del waiting[each["MessageId"]]
            if not waiting:
                return []
        left = list(waiting.values())
        for each in self._receive(waiting):
            self.sqs.delete_message(QueueUrl=self.inbox_url, ReceiptHandle=each["ReceiptHandle"])
        return left

    def _send(self, message: Message) -> str:
        sent: str = self.sqs.send_message(QueueUrl=self.inbox_url, MessageBody=message.body)["MessageId"]
        return sent

    def _receive(self, waiting: Mapping[str, Message]) -> list[dict[str, Any]]:
        """Those of `waiting` that are still in the inbox. Messages of others are left to time out there."""
        received: list[dict[str, Any]] = []
        while len(received) < len(waiting):
            answer = self.sqs.receive_message(
                QueueUrl=self.inbox_url,
                MaxNumberOfMessages=MOST_AT_ONCE,
                WaitTimeSeconds=self.wait_seconds,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            received += [each for each in answer["Messages"] if each["MessageId"] in waiting]
        return received

    def _failed(self, received: Sequence[Mapping[str, Any]]) -> set[str]:
        """The ids that Lambda would leave in the queue."""
        sent = [each["MessageId"] for each in received]
        try:
            answer = self.invoke({"Records": [_record(each, self.inbox_arn) for each in received]})
        except FunctionError as error:
            self.error = str(error)
            return set(sent)
        return failures(answer, sent) if self.reports_failures else set()


def failures(answer: Any, sent: Sequence[str]) -> set[str]:
    """The failed messages of an answer, as Lambda reads it: all of them if it is not valid.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    if not answer:
        return set()
    if not isinstance(answer, Mapping):
        return set(sent)
    items = answer.get("batchItemFailures")
    if not items:
        return set()
    if not isinstance(items, list):
        return set(sent)
    named = {str(each.get("itemIdentifier")) if isinstance(each, Mapping) else "" for each in items}
    return named if named <= set(sent) else set(sent)


def reason(attributes: Mapping[str, Any]) -> str:
    """Why a message is a dead letter, if the function itself has sent it there, as imagebus.inbox does."""
    names = ("error_type", "message")
    return ": ".join(attributes[name]["StringValue"] for name in names if name in attributes)


def _record(message: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """One record of the event that Lambda passes to the function.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message["Attributes"]),
        "messageAttributes": {
            name: {"stringValue": value.get("StringValue"), "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message.get("MD5OfBody", ""),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
