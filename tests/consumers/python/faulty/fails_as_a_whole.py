"""loses-batch: one message that it cannot read makes it fail on all of them."""

from typing import Any

from gallery.right import receive

from imagebus.inbox import Inbox, one_by_one


def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    answer = Inbox(one_by_one(receive))(event, context)
    if answer["batchItemFailures"]:
        raise RuntimeError("some messages could not be read")
    return answer
