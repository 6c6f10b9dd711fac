"""The drain on moto's SQS: received messages become the records that Lambda would deliver."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from imagebus import drain as module
from imagebus.drain import drain
from imagebus.inbox import Delivery, Inbox, one_by_one


class Boom(Exception):
    pass


def test_batches_attributes_and_failures_are_those_of_the_real_api(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "WAIT_SECONDS", 0)
    seen: list[Delivery] = []

    def handle(delivery: Delivery) -> None:
        seen.append(delivery)
        if delivery.body == "7":
            raise Boom

    with mock_aws():
        sqs = boto3.client("sqs")
        urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "two")]
        arns = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            for url in urls
        ]
        for number in range(23):
            attributes = {"attempts": {"DataType": "String", "StringValue": str(number)}}
            sqs.send_message(QueueUrl=urls[0], MessageBody=str(number), MessageAttributes=attributes)
        sqs.send_message(QueueUrl=urls[1], MessageBody="other")
        inbox = Inbox(one_by_one(handle))
        counts = drain(inbox, sqs, dict(zip(arns, urls, strict=True)), lambda: 30_000)
        left = sqs.get_queue_attributes(QueueUrl=urls[0], AttributeNames=["All"])["Attributes"]
    assert counts == {"handled": 23, "failed": 1}
    assert left["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert left["ApproximateNumberOfMessages"] == "0"
    ours = {each.body: each for each in seen if each.source_arn == arns[0]}
    assert ours.keys() == {str(number) for number in range(23)}
    assert all(each.attributes == {"attempts": body} for body, each in ours.items())
    assert {each.receive_count for each in seen} == {1}
    assert [each.body for each in seen if each.source_arn == arns[1]] == ["other"]
