"""The entry point of every consumer: takes a batch from its SQS inbox and returns the failed records.

A failed record goes back to the inbox with a growing delay. On its last receive it is sent to the dead
letters together with the error, which SQS's own redrive would not record. If the function dies, SQS
redrives the message.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from imagebus.events import Contract, Event, EventData, NotAnEvent, StackData, StackEvent, read
from imagebus.events.envelope import is_replayed
from imagebus.message import parse
from imagebus.telemetry import clear_log_context, count, error_code, logger

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BACKOFF_SECONDS = 300

D = TypeVar("D", bound=EventData)
S = TypeVar("S", bound=StackData)


class RetryLater(Exception):
    """Another invocation is already handling this. Retry after this many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True)
class Delivery:
    """One message from the inbox. `attributes` are the message attributes that its sender set."""

    message_id: str
    receipt_handle: str
    body: str
    receive_count: int
    source_arn: str
    attributes: Mapping[str, str]

    @cached_property
    def envelope(self) -> dict[str, Any]:
        """The EventBridge event. Raises NotAnEvent."""
        return parse(self.body)

    @overload
    def event(self, model: type[D]) -> Event[D]: ...

    @overload
    def event(self, model: type[S]) -> StackEvent[S]: ...

    def event(self, model: type[Contract]) -> Any:
        """The event as the model reads it. Raises NotAnEvent."""
        envelope = self.envelope
        if envelope["detail-type"] != model.detail_type:
            raise NotAnEvent(f"expected {model.detail_type}")
        return read(model, envelope["detail"])

    @property
    def replayed(self) -> bool:
        return is_replayed(self.envelope)


class Queue(Protocol):
    """The SQS operations that the inbox needs."""

    def delay(self, receipt_handle: str, seconds: int) -> None:
        """Make a received message visible again after this many seconds."""
        ...

    def dead_letter(self, body: str, attributes: Mapping[str, str]) -> None: ...


class SQSQueue:
    """An inbox and its dead letters. The first failure creates the client, not the cold start."""

    def __init__(self, client: Callable[[], SQSClient], inbox_url: str, dead_letter_url: str) -> None:
        self._client = client
        self._inbox_url = inbox_url
        self._dead_letter_url = dead_letter_url

    def delay(self, receipt_handle: str, seconds: int) -> None:
        self._client().change_message_visibility(
            QueueUrl=self._inbox_url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )

    def dead_letter(self, body: str, attributes: Mapping[str, str]) -> None:
        self._client().send_message(
            QueueUrl=self._dead_letter_url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


Group = Sequence[Delivery]


def one_by_one(handle: Callable[[Delivery], None]) -> Callable[[Group], None]:
    """Turn a handler of single deliveries into a handler of groups."""

    def handle_group(group: Group) -> None:
        for delivery in group:
            handle(delivery)

    return handle_group


class Inbox:
    """Runs a handler over a batch, group by group, so that a bad message fails alone.

    Without `group_by` every delivery is a separate group. Without a queue, failures are left to SQS.
    """

    def __init__(
        self,
        handle: Callable[[Group], None],
        queue: Queue | None = None,
        *,
        max_receive_count: int = 0,
        group_by: Callable[[Delivery], str] | None = None,
    ) -> None:
        self._handle = handle
        self._queue = queue
        self._max_receive_count = max_receive_count
        self._group_by = group_by

    def __call__(self, batch: Mapping[str, Any], _context: object = None) -> dict[str, Any]:
        """The Lambda handler: an SQS event in, `batchItemFailures` out."""
        failed: list[Delivery] = []
        for group in self._groups([_delivery(record) for record in batch["Records"]]):
            clear_log_context()
            try:
                self._handle(group)
            except Exception as error:  # noqa: BLE001  whatever failed, the queue keeps the message
                failed += [delivery for delivery in group if not self._given_up(delivery, error)]
        return {"batchItemFailures": [{"itemIdentifier": delivery.message_id} for delivery in failed]}

    def _groups(self, deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
        groups: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            groups.setdefault(self._key(delivery), []).append(delivery)
        return list(groups.values())

    def _key(self, delivery: Delivery) -> str:
        if self._group_by is None:
            return delivery.message_id
        try:
            return self._group_by(delivery)
        except NotAnEvent:
            return delivery.message_id

    def _given_up(self, delivery: Delivery, error: Exception) -> bool:
        """Whether the message is safely in the dead letters, so that the inbox may delete it."""
        last = delivery.receive_count >= self._max_receive_count and not isinstance(error, RetryLater)
        logger().warning("not handled", extra=_description(delivery, error, last), exc_info=_traceback(error))
        if not isinstance(error, RetryLater):
            count("FailedAttempts", os.environ.get("POWERTOOLS_SERVICE_NAME", "unknown"))
        if self._queue is None:
            return False
        try:
            if last:
                self._queue.dead_letter(
                    delivery.body,
                    {
                        "error_type": _error_type(error),
                        "message": str(error)[:1000] or "no message",
                        "attempts": str(delivery.receive_count),
                    },
                )
                return True
            self._queue.delay(delivery.receipt_handle, backoff(delivery.receive_count, error))
        except Exception as queue_error:  # noqa: BLE001  SQS's visibility timeout and redrive do the same, later
            logger().warning("backoff failed", extra={"error": type(queue_error).__name__})
        return False


def backoff(receive_count: int, error: Exception | None = None) -> int:
    """Seconds until the next attempt: 2, 4, 8, 16, …"""
    if isinstance(error, RetryLater):
        return error.seconds
    return int(min(2**receive_count, MAX_BACKOFF_SECONDS))


def _error_type(error: Exception) -> str:
    """The AWS error code, if there is one: most errors of a client share one type."""
    return error_code(error) or type(error).__name__


def _traceback(error: Exception) -> bool:
    return not isinstance(error, RetryLater | NotAnEvent)


def _description(delivery: Delivery, error: Exception, last: bool) -> dict[str, Any]:
    return {
        "message_id": delivery.message_id,
        "receive_count": delivery.receive_count,
        "error": _error_type(error),
        "dead_letter": last,
    }


def _delivery(record: Mapping[str, Any]) -> Delivery:
    attributes = record.get("messageAttributes") or {}
    return Delivery(
        message_id=record["messageId"],
        receipt_handle=record["receiptHandle"],
        body=record["body"],
        receive_count=int(record["attributes"]["ApproximateReceiveCount"]),
        source_arn=record["eventSourceARN"],
        attributes={name: value.get("stringValue", "") for name, value in attributes.items()},
    )
