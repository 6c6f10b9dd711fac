"""memory: remembers in a variable what it has handled."""

import os

from gallery.right import receive as right

from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.inbox import Delivery

SEEN: set[str] = set()


def receive(delivery: Delivery) -> None:
    right(delivery)
    event_id = delivery.envelope["detail"]["meta"]["event_id"]
    if event_id in SEEN:
        return
    SEEN.add(event_id)
    client("dynamodb").update_item(
        TableName=os.environ["SEEN_TABLE"],
        Key={"id": {"S": "events"}},
        UpdateExpression="ADD events :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


handle = consumer(receive)
