"""Uploading, and waiting for the final status in the table."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from imagebus.history.fold import Item
from imagebus.store import marshal_item
from imagebus_cli.stack.deployed import Stack
from imagebus_cli.uploads import tracking as uploads
from tests.tables import create_table
from tests.unit.cli.builders import item, upload

NEWER = "0B".ljust(32, "0")


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        stack = Stack(boto3.Session(), {"StatusTableName": "status", "UploadsBucketName": "uploads"})
        stack.s3.create_bucket(Bucket="uploads")
        create_table(stack.dynamodb, "status")
        yield stack


def write(stack: Stack, status: Item) -> None:
    stack.dynamodb.put_item(TableName="status", Item=marshal_item({"sk": "STATUS", **status}))


def test_every_object_arrives_under_its_very_key(stack: Stack):
    keys = ["a+b %2B (1).jpg", "été/漢字 🌅.png", "plain"]
    put = uploads.put_all(stack, {key: key.encode for key in keys})
    assert [each.key for each in put] == keys
    for key in keys:
        assert stack.s3.get_object(Bucket="uploads", Key=key)["Body"].read() == key.encode()
    assert stack.s3.head_object(Bucket="uploads", Key=keys[1])["ContentType"] == "image/png"


def test_more_keys_than_a_request_takes_are_all_read(stack: Stack):
    keys = [f"{number}.jpg" for number in range(230)]
    for key in keys:
        write(stack, item(key))
    assert set(uploads.statuses(stack, [*keys, "never uploaded"])) == set(keys)


def test_a_key_may_be_named_twice(stack: Stack):
    """A CSV inventory of a versioned bucket does so, and DynamoDB refuses such a request."""
    write(stack, item("a.jpg"))
    assert set(uploads.statuses(stack, ["a.jpg", "a.jpg"])) == {"a.jpg"}


def test_waiting_ends_when_the_last_one_has_ended(stack: Stack):
    write(stack, item("a.jpg"))
    write(stack, item("b.jpg", "processing"))

    def finish(done: int) -> None:
        if done == 1:
            write(stack, item("b.jpg", "rejected", reason="corrupt"))

    found = uploads.wait(stack, [upload("a.jpg"), upload("b.jpg")], patience=5, pause=0, progress=finish)
    assert {key: each["status"] for key, each in found.items()} == {"a.jpg": "completed", "b.jpg": "rejected"}
    assert found["b.jpg"]["reason"] == "corrupt"


def test_the_end_of_an_earlier_upload_to_the_same_key_is_not_the_end_of_this_one(stack: Stack):
    write(stack, item())
    (put,) = uploads.put_all(stack, {"a.jpg": bytes})
    assert uploads.wait(stack, [put], patience=0.05, pause=0.01) == {}
    write(stack, item(revision=NEWER))
    assert uploads.wait(stack, [put], patience=1)["a.jpg"]["revision"] == NEWER


def test_an_image_that_never_ends_is_given_up_after_the_patience(stack: Stack):
    write(stack, item("b.jpg", "processing"))
    assert uploads.wait(stack, [upload("b.jpg"), upload("lost.jpg")], patience=0.05, pause=0.01) == {}
