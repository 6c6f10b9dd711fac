"""Makes a consumer's Lambda handler from a function that handles one message."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, overload

from imagebus.aws import client
from imagebus.inbox import Delivery, Group, Inbox, SQSQueue, one_by_one

LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]
#: URLs by ARN.
Queues = Mapping[str, str]


@overload
def consumer(
    handle: Callable[[Delivery], None],
    *,
    drains: Callable[[], Queues] | None = None,
    dead_letters: bool = True,
) -> LambdaHandler: ...


@overload
def consumer(handle: Callable[[Group], None], *, group_by: Callable[[Delivery], str]) -> LambdaHandler: ...


def consumer(
    handle: Callable[[Any], None],
    *,
    group_by: Callable[[Delivery], str] | None = None,
    drains: Callable[[], Queues] | None = None,
    dead_letters: bool = True,
) -> LambdaHandler:
    """The Lambda handler that takes a batch from SQS and returns the records that failed.

    `handle` gets one delivery at a time or, with `group_by`, all deliveries of the batch that have the same
    key. With `drains`, an invocation by a schedule empties those queues itself. Without `dead_letters`,
    a message that fails stays in its queue until it succeeds. The environment is read on invocation.
    """
    run = handle if group_by else one_by_one(handle)

    def handle_batch(event: dict[str, Any], context: Any) -> dict[str, Any]:
        queue, limit = _queue() if dead_letters else (None, 0)
        inbox = Inbox(run, queue, max_receive_count=limit, group_by=group_by)
        if drains is None or "Records" in event:
            return inbox(event, context)
        from imagebus.drain import drain

        return drain(inbox, client("sqs"), drains(), context.get_remaining_time_in_millis)

    return handle_batch


def _queue() -> tuple[SQSQueue, int]:
    """The function's inbox and dead letters, and the number of receives before a message goes there."""
    queue = SQSQueue(lambda: client("sqs"), os.environ["INBOX_URL"], os.environ["DEAD_LETTER_URL"])
    return queue, int(os.environ["MAX_RECEIVE_COUNT"])
