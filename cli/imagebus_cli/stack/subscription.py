"""A temporary queue on the notifications topic, to see what subscribers see."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imagebus_cli.stack.deployed import Stack


@dataclass(frozen=True)
class Notification:
    """One message of the topic; `body` is its JSON."""

    subject: str
    body: dict[str, Any]

    @property
    def image_key(self) -> str:
        return str(self.body["image_key"])

    @property
    def revision(self) -> str:
        return str(self.body["event"]["detail"]["meta"]["revision"])


@contextmanager
def subscribed(stack: Stack) -> Iterator[Subscription]:
    """A queue that receives every notification from now on, deleted with its subscription afterwards."""
    topic = stack.outputs["NotificationsTopicArn"]
    url = stack.sqs.create_queue(QueueName=f"imagebus-demo-{uuid.uuid4().hex[:12]}")["QueueUrl"]
    arn = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
            }
        ],
    }
    stack.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = stack.sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    try:
        yield Subscription(stack, url)
    finally:
        # The SDK repeats a request whose response was lost: "not found" means that it worked.
        with suppress(stack.sns.exceptions.NotFoundException):
            stack.sns.unsubscribe(SubscriptionArn=subscription)
        with suppress(stack.sqs.exceptions.QueueDoesNotExist):
            stack.sqs.delete_queue(QueueUrl=url)


@dataclass(frozen=True)
class Subscription:
    stack: Stack
    queue_url: str

    def collect(
        self, expected: Collection[str], *, patience: float, linger: float = 1.0
    ) -> list[Notification]:
        """Notifications about the expected keys, in order of arrival.

        Returns `linger` seconds after every key has one, to catch duplicates, or after `patience` seconds
        without a new one.
        """
        missing = set(expected)
        arrived: list[Notification] = []
        deadline = time.monotonic() + (patience if missing else linger)
        while time.monotonic() < deadline:
            for notification in self._receive():
                if notification.image_key not in expected:
                    continue
                arrived.append(notification)
                missing.discard(notification.image_key)
                deadline = time.monotonic() + (patience if missing else linger)
        return arrived

    def _receive(self) -> list[Notification]:
        answer = self.stack.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        messages = answer.get("Messages", [])
        for message in messages:
            self.stack.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        envelopes = [json.loads(message["Body"]) for message in messages]
        return [Notification(each.get("Subject") or "", json.loads(each["Message"])) for each in envelopes]
