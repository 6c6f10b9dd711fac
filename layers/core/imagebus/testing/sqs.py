"""SQS standard queues: visibility timeouts, receive counts, redrive, no order, occasional duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from imagebus.clock import Clock


@dataclass
class Message:
    message_id: str
    body: str
    attributes: Mapping[str, Any]
    sent_at: datetime
    visible_at: datetime
    receive_count: int = 0
    receipt_handle: str = ""


@dataclass
class Queue:
    arn: str
    visibility_timeout: float
    max_receive_count: int | None
    dead_letter_url: str | None
    messages: list[Message] = field(default_factory=list)


class InMemorySQS:
    """With a `random`, messages arrive in any order, as in a standard queue."""

    def __init__(self, clock: Clock, random: Random | None = None) -> None:
        self._clock = clock
        self._random = random
        self._numbers = count(1)
        self.queues: dict[str, Queue] = {}

    def add_queue(
        self,
        name: str,
        *,
        visibility_timeout: float = 30,
        max_receive_count: int | None = None,
        dead_letter_url: str | None = None,
    ) -> str:
        """The queue's URL."""
        url = f"memory://{name}"
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        self.queues[url] = Queue(arn, visibility_timeout, max_receive_count, dead_letter_url)
        return url

    # --- the client ---

    def send_message(self, **request: Any) -> dict[str, Any]:
        now = self._clock.now()
        message = Message(
            f"m{next(self._numbers)}",
            request["MessageBody"],
            request.get("MessageAttributes", {}),
            now,
            now + timedelta(seconds=request.get("DelaySeconds", 0)),
        )
        self.queues[request["QueueUrl"]].messages.append(message)
        return {"MessageId": message.message_id}

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        url = request["QueueUrl"]
        sent = [(each["Id"], self.send_message(QueueUrl=url, **each)) for each in request["Entries"]]
        return {"Successful": [{"Id": name, **answer} for name, answer in sent], "Failed": []}

    def receive_message(self, **request: Any) -> dict[str, Any]:
        queue, now = self.queues[request["QueueUrl"]], self._clock.now()
        ready = [message for message in queue.messages if message.visible_at <= now]
        if self._random is not None:
            self._random.shuffle(ready)
        taken: list[Message] = []
        for message in ready:
            if len(taken) == request.get("MaxNumberOfMessages", 1):
                break
            if queue.max_receive_count is not None and message.receive_count >= queue.max_receive_count:
                self._redrive(queue, message)
                continue
            message.receive_count += 1
            message.receipt_handle = f"r{next(self._numbers)}"
            message.visible_at = now + timedelta(
                seconds=request.get("VisibilityTimeout", queue.visibility_timeout)
            )
            taken.append(message)
        return {"Messages": [_as_received(message) for message in taken]} if taken else {}

    def delete_message(self, **request: Any) -> dict[str, Any]:
        queue, handle = self.queues[request["QueueUrl"]], request["ReceiptHandle"]
        queue.messages = [message for message in queue.messages if message.receipt_handle != handle]
        return {}

    def change_message_visibility(self, **request: Any) -> dict[str, Any]:
        for message in self.queues[request["QueueUrl"]].messages:
            if message.receipt_handle == request["ReceiptHandle"]:
                message.visible_at = self._clock.now() + timedelta(seconds=request["VisibilityTimeout"])
        return {}

    # --- for tests ---

    def get_queue_attributes(self, **request: Any) -> dict[str, Any]:
        now, messages = self._clock.now(), self.queues[request["QueueUrl"]].messages
        visible = sum(message.visible_at <= now for message in messages)
        counts = {
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(len(messages) - visible),
        }
        return {"Attributes": {name: counts[name] for name in request["AttributeNames"]}}

    def depth(self, url: str) -> int:
        return len(self.queues[url].messages)

    def next_visible(self, url: str) -> datetime | None:
        return min((message.visible_at for message in self.queues[url].messages), default=None)

    def move_all(self, source: str, target: str) -> int:
        """Like StartMessageMoveTask: moves every message, with its body and attributes, as a new one."""
        messages, self.queues[source].messages = self.queues[source].messages, []
        for message in messages:
            self.send_message(QueueUrl=target, MessageBody=message.body, MessageAttributes=message.attributes)
        return len(messages)

    def _redrive(self, queue: Queue, message: Message) -> None:
        queue.messages.remove(message)
        if queue.dead_letter_url is not None:
            message.receive_count, message.visible_at = 0, self._clock.now()
            self.queues[queue.dead_letter_url].messages.append(message)


def _as_received(message: Message) -> dict[str, Any]:
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt_handle,
        "Body": message.body,
        "Attributes": {
            "ApproximateReceiveCount": str(message.receive_count),
            "SentTimestamp": str(int(message.sent_at.timestamp() * 1000)),
        },
        "MessageAttributes": message.attributes,
    }


def lambda_event(messages: Sequence[Mapping[str, Any]], queue_arn: str) -> dict[str, Any]:
    """The event that Lambda's poller passes to a function for these messages."""
    return {
        "Records": [
            sqs_record(
                message["Body"],
                message_id=message["MessageId"],
                receipt_handle=message["ReceiptHandle"],
                receive_count=int(message["Attributes"]["ApproximateReceiveCount"]),
                queue_arn=queue_arn,
                attributes={
                    name: value["StringValue"] for name, value in message["MessageAttributes"].items()
                },
            )
            for message in messages
        ]
    }


def sqs_record(
    body: str,
    *,
    message_id: str = "m1",
    receipt_handle: str = "r1",
    receive_count: int = 1,
    queue_arn: str = "arn:aws:sqs:us-east-1:000000000000:inbox",
    attributes: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One record of the event that a function with an SQS source receives."""
    return {
        "messageId": message_id,
        "receiptHandle": receipt_handle,
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receive_count)},
        "messageAttributes": {
            name: {"stringValue": value, "dataType": "String"} for name, value in (attributes or {}).items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": "us-east-1",
    }
