"""A temporary queue on the topic."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from imagebus_cli.stack.deployed import Stack
from imagebus_cli.stack.subscription import subscribed


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        topic = boto3.client("sns").create_topic(Name="notifications")["TopicArn"]
        yield Stack(boto3.Session(), {"NotificationsTopicArn": topic})


def announce(stack: Stack, key: str) -> None:
    body = {"image_key": key, "status": "completed", "event": {"detail": {"meta": {"revision": "1"}}}}
    topic = stack.outputs["NotificationsTopicArn"]
    stack.sns.publish(TopicArn=topic, Subject=f"done: {key}", Message=json.dumps(body))


def test_what_is_announced_arrives_with_subject_key_and_revision(stack: Stack):
    with subscribed(stack) as subscription:
        announce(stack, "a.jpg")
        (arrived,) = subscription.collect({"a.jpg"}, patience=5, linger=0)
    assert (arrived.subject, arrived.image_key, arrived.revision) == ("done: a.jpg", "a.jpg", "1")


def test_a_second_one_about_the_same_image_is_seen_and_a_strangers_is_not(stack: Stack):
    with subscribed(stack) as subscription:
        for key in ("a.jpg", "strangers.jpg", "a.jpg"):
            announce(stack, key)
        arrived = subscription.collect({"a.jpg"}, patience=5, linger=0.1)
    assert [each.image_key for each in arrived] == ["a.jpg", "a.jpg"]


def test_nothing_is_left_behind(stack: Stack):
    with pytest.raises(KeyError), subscribed(stack):
        raise KeyError
    assert "QueueUrls" not in stack.sqs.list_queues()
    assert stack.sns.list_subscriptions()["Subscriptions"] == []
