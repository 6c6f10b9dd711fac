"""not-idempotent: recognizes a fact by the id of its envelope, which is another one each time."""

import os

from gallery.right import receive as right

from imagebus.aws import client
from imagebus.consumer import consumer
from imagebus.inbox import Delivery


def receive(delivery: Delivery) -> None:
    dynamodb, table = client("dynamodb"), os.environ["SEEN_TABLE"]
    right(delivery)
    try:
        dynamodb.put_item(
            TableName=table,
            Item={"id": {"S": delivery.envelope["id"]}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return
    dynamodb.update_item(
        TableName=table,
        Key={"id": {"S": "events"}},
        UpdateExpression="ADD events :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )


handle = consumer(receive)
