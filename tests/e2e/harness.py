"""Helpers for end-to-end tests: upload, wait for a condition, look at the outcome."""

from __future__ import annotations

import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar

from PIL import Image

from imagebus.history.fold import Item
from imagebus.history.recorded import RecordedEvent
from imagebus.store import DynamoDBEventStore
from tests.e2e.target import Target

LISTENER = "e2e-listener-"
TERMINAL = ("completed", "rejected", "failed", "deleted")

#: A busy machine may take this many times as long as an idle one, which is what `within` is about.
PATIENCE = 5

T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, within: float, what: str) -> T:
    """The first result that is not None or empty. Raises AssertionError when time is up."""
    started = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - started
        if waited > within * PATIENCE:
            raise AssertionError(f"not within {within * PATIENCE} s: {what}")
        # Each look is work for the machine that is waited for.
        time.sleep(min(0.05 + waited / 20, 0.5))
    return found


def jpeg(color: str = "teal", size: tuple[int, int] = (800, 600), **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").point(lambda v: v // 2).save(
        buffer, "JPEG", **options
    )
    picture = Image.open(io.BytesIO(buffer.getvalue()))
    picture.paste(color, (0, 0, size[0] // 2, size[1] // 2))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class Notification:
    """`sent` is when SNS sent it, in seconds since the epoch."""

    subject: str
    attributes: dict[str, str]
    body: dict[str, Any]
    sent: float


@dataclass
class Pipeline:
    """The stack, accessed through its outputs."""

    target: Target
    _notifications: list[Notification] = field(default_factory=list)
    _delivered: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outputs = self.target.outputs
        self.client = cache(self.target.client)
        self.listener = f"{LISTENER}{uuid.uuid4().hex[:8]}"
        #: Stacks whose queues are the tests' business; consumers add theirs.
        self.stacks = {self.target.stack}
        self.store = DynamoDBEventStore(self.client("dynamodb"), self.outputs["StatusTableName"])

    def key(self, name: str = "image.jpg") -> str:
        """A key that no other test uses."""
        return f"tests/{uuid.uuid4().hex[:12]}/{name}"

    def upload(self, key: str, body: bytes) -> str:
        self.client("s3").put_object(Bucket=self.outputs["UploadsBucketName"], Key=key, Body=body)
        return key

    def delete(self, key: str) -> None:
        self.client("s3").delete_object(Bucket=self.outputs["UploadsBucketName"], Key=key)

    def status(self, key: str) -> Item:
        return self.store.status(key) or {}

    def wait(self, key: str, *statuses: str, within: float = 60, after: str = "") -> Item:
        """The status item, once it has one of the statuses (default: any terminal one).

        `after`: of a revision newer than this one.
        """
        wanted = statuses or TERMINAL

        def look() -> Item | None:
            item = self.store.status(key)
            return item if item and item["status"] in wanted and item["revision"] > after else None

        return eventually(look, within=within, what=f"{key} {' or '.join(wanted)}")

    def log(self, key: str) -> list[RecordedEvent]:
        """The events of the image's newest revision, in the order in which they occurred."""
        return sorted(self.store.latest(key), key=lambda event: event.precedence)

    def derived(self, prefix: str) -> list[str]:
        listed = self.client("s3").list_objects_v2(Bucket=self.outputs["ImagesBucketName"], Prefix=prefix)
        return [item["Key"] for item in listed.get("Contents", [])]

    def read(self, bucket: str, key: str) -> bytes:
        body: bytes = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def notifications(self, key: str) -> list[Notification]:
        """All notifications about the image so far."""
        return [item for item in list(self._notifications) if item.body["image_key"] == key]

    def wait_notifications(self, key: str, count: int = 1, within: float = 30) -> list[Notification]:
        def look() -> list[Notification] | None:
            found = self.notifications(key)
            return found if len(found) >= count else None

        return eventually(look, within=within, what=f"{count} notifications about {key}")

    def delivered(self, key: str) -> list[dict[str, Any]]:
        """Every event about the image that the bus has delivered to a subscriber of everything."""
        return [item for item in list(self._delivered) if item["detail"]["meta"].get("image_key") == key]

    def settled(self, within: float = 60) -> None:
        """Waits until no inbox holds a message, in flight or not, and the listener has the results.

        S3 reports an upload only after it has answered, so first wait for something that the upload causes.
        """
        sqs, queues = self.client("sqs"), self._queues()
        # The listener's own queues come last, so that a message that leaves an inbox meanwhile is seen there.
        urls = [url for name, url in queues.items() if name.endswith("_inbox")]
        urls += [url for name, url in queues.items() if name.startswith(self.listener)]
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]

        def empty(url: str) -> bool:
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            return all(int(attributes[name]) == 0 for name in names)

        # The numbers are exact on the embedded AWS alone. On AWS they may lag for a minute.
        looks = range(1 if self.target.embedded else 5)
        eventually(lambda: all(all(map(empty, urls)) for _ in looks), within=within, what="all inboxes empty")

    def wait_archived(self) -> None:
        """Until a replay finds the latest events. AWS advises ten minutes.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html
        """
        if self.target.endpoint is None:
            time.sleep(600)

    def _queues(self) -> dict[str, str]:
        """The URLs of the queues of `stacks`, and of the listener, by name.

        An account may have others, and an interrupted run leaves those of its listener, which nobody empties.
        """
        mine = tuple(f"{stack}{mark}" for stack in self.stacks for mark in "_-")
        pages = self.client("sqs").get_paginator("list_queues").paginate()
        urls = [url for page in pages for url in page.get("QueueUrls", [])]
        named = {url.rsplit("/", 1)[1]: url for url in urls}
        return {name: url for name, url in named.items() if name.startswith((self.listener, *mine))}

    def dead_letters(self) -> dict[str, int]:
        """Messages in each dead-letter queue and in the queue of undelivered events."""
        sqs = self.client("sqs")
        counts = {}
        for name, url in self._queues().items():
            if name.endswith("_dead_letters") or "DeadLetters" in name or "Undelivered" in name:
                attributes = sqs.get_queue_attributes(
                    QueueUrl=url,
                    AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
                )["Attributes"]
                counts[name] = sum(map(int, attributes.values()))
        return counts

    def wait_no_dead_letters(self) -> None:
        """An image may be failed before its dead letter is deleted."""
        eventually(lambda: not any(self.dead_letters().values()), within=30, what="no dead letters")

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource; `ValidatorInbox` is the `Inbox` of the nested stack `Validator`."""
        return self._resources[logical_id]

    @cached_property
    def _resources(self) -> dict[str, str]:
        found = {}
        for name, kind, physical in self._listed(self.target.stack):
            found[name] = physical
            if kind == "AWS::CloudFormation::Stack":
                found |= {name + inner: each for inner, _, each in self._listed(physical)}
        return found

    def _listed(self, stack: str) -> Iterator[tuple[str, str, str]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for each in (item for page in pages for item in page["StackResourceSummaries"]):
            yield each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"]

    def parameter(self, name: str) -> str:
        """The parameter's value in the deployed stack."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=self.target.stack)["Stacks"]
        values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        return str(values[name])

    @contextmanager
    def unpolled(self, *functions: str) -> Iterator[None]:
        """Disables these functions' event source mappings, as `Polling: scheduled` does."""
        client = self.client("lambda")
        mappings = [
            mapping["UUID"]
            for function in functions
            for mapping in client.list_event_source_mappings(FunctionName=self.resource(function))[
                "EventSourceMappings"
            ]
        ]
        assert len(mappings) >= len(functions)
        for mapping in mappings:
            client.update_event_source_mapping(UUID=mapping, Enabled=False)
        try:
            yield
        finally:
            for mapping in mappings:
                client.update_event_source_mapping(UUID=mapping, Enabled=True)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Subscribes queues to the notifications topic and all events of the bus, and keeps what arrives."""
        sqs, events = self.client("sqs"), self.client("events")
        name = self.listener
        topic_queue = sqs.create_queue(QueueName=f"{name}-topic")["QueueUrl"]
        bus_queue = sqs.create_queue(QueueName=f"{name}-bus")["QueueUrl"]
        subscription = self.client("sns").subscribe(
            TopicArn=self.outputs["NotificationsTopicArn"],
            Protocol="sqs",
            Endpoint=self.allow_sending(topic_queue, "sns.amazonaws.com"),
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        bus = self.outputs["EventBusName"]
        pattern = json.dumps({"source": [{"prefix": "imagebus."}]})
        events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
        target = {"Id": "all", "Arn": self.allow_sending(bus_queue, "events.amazonaws.com")}
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._drain, args=(topic_queue, stop, self._take_notification)),
            threading.Thread(target=self._drain, args=(bus_queue, stop, self._take_event)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()
            self.client("sns").unsubscribe(SubscriptionArn=subscription)
            events.remove_targets(Rule=name, EventBusName=bus, Ids=["all"])
            events.delete_rule(Name=name, EventBusName=bus)
            for url in (topic_queue, bus_queue):
                sqs.delete_queue(QueueUrl=url)

    def allow_sending(self, url: str, service: str) -> str:
        """Lets an AWS service send to a queue; the queue's ARN."""
        sqs = self.client("sqs")
        arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        return arn

    def _drain(self, url: str, stop: threading.Event, take: Callable[[dict[str, Any]], None]) -> None:
        sqs = self.target.client("sqs")  # this thread's own client
        sqs._make_api_call = sqs._make_api_call  # the tests of the test kit replace that of the class
        while not stop.is_set():
            received = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, AttributeNames=["SentTimestamp"]
            )
            messages = received.get("Messages", [])
            for message in messages:
                take(message)
            if messages:
                taken = [{"Id": one["MessageId"], "ReceiptHandle": one["ReceiptHandle"]} for one in messages]
                sqs.delete_message_batch(QueueUrl=url, Entries=taken)
                if len(messages) < 10:  # there may be no more for now
                    stop.wait(0.3)  # the events of an image come one by one, and each look is work

    def _take_event(self, message: dict[str, Any]) -> None:
        self._delivered.append(json.loads(message["Body"]))

    def _take_notification(self, message: dict[str, Any]) -> None:
        envelope = json.loads(message["Body"])
        attributes = {name: item["Value"] for name, item in envelope["MessageAttributes"].items()}
        sent = int(message["Attributes"]["SentTimestamp"]) / 1000
        body = json.loads(envelope["Message"])
        self._notifications.append(Notification(envelope["Subject"], attributes, body, sent))
