"""not-idempotent: counts how often it was called."""

import os

from gallery.right import receive as right

from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    right(delivery)
    client("dynamodb").update_item(
        TableName=os.environ["SEEN_TABLE"],
        Key={"id": {"S": delivery.envelope["detail-type"]}},
        UpdateExpression="ADD deliveries :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


handle = consumer(receive)
