"""An existing bucket is imported with few permissions, once, and an upload wins over the import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import boto3
import pytest

from imagebus_cli.adopt.commands import steps
from imagebus_cli.adopt.outcome import Outcome
from imagebus_cli.adopt.sources import listed
from imagebus_cli.stack.deployed import Stack
from tests.e2e.harness import Pipeline, jpeg

#: docs/security.md, "What a command needs"
USER = "as-importer"
#: A picture of the first run may have been recorded when the second one looks.
NOTHING_WRONG = (Outcome.FOLDER, Outcome.IMPORTED, Outcome.KNOWN)


@contextmanager
def unnoticed(pipeline: Pipeline) -> Iterator[None]:
    """What is uploaded meanwhile is reported to nobody, as before there was a pipeline."""
    s3, bucket = pipeline.client("s3"), pipeline.outputs["UploadsBucketName"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        on = {"EventBridgeConfiguration": {}}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=on)


@contextmanager
def operator(pipeline: Pipeline, *more: tuple[str, str]) -> Iterator[Stack]:
    """The stack as a user sees it who may do what docs/security.md says an import needs, and `more`."""
    sqs = pipeline.client("sqs")
    inbox = sqs.get_queue_url(QueueName=f"{pipeline.target.stack}_ingest_inbox")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bucket = f"arn:aws:s3:::{pipeline.outputs['UploadsBucketName']}"
    dynamodb = pipeline.client("dynamodb")
    status, erasures = (
        dynamodb.describe_table(TableName=pipeline.outputs[name])["Table"]["TableArn"]
        for name in ("StatusTableName", "ErasuresTableName")
    )
    allowed = [
        ("s3:ListBucket", bucket),
        ("s3:GetObject", f"{bucket}/*"),
        ("dynamodb:BatchGetItem", status),
        ("dynamodb:GetItem", erasures),
        ("sqs:SendMessage", arn),
        *more,
    ]
    statements = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in allowed]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam = pipeline.client("iam")
    iam.create_user(UserName=USER)
    iam.put_user_policy(UserName=USER, PolicyName="import", PolicyDocument=document)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=pipeline.target.region)
    try:
        yield Stack(session, pipeline.outputs, pipeline.target.endpoint)
    finally:
        iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=USER, PolicyName="import")
        iam.delete_user(UserName=USER)


@pytest.mark.e2e
def test_a_full_bucket_is_taken_in_and_an_upload_beats_it(pipeline: Pipeline) -> None:
    folder = pipeline.key("")
    picture = jpeg(size=(200, 150))
    keys = [f"{folder}{number:02} a+b%20é.jpg" for number in range(8)]
    with unnoticed(pipeline):
        for key in keys:
            pipeline.upload(key, picture)
        pipeline.upload(folder, b"")
        empty = pipeline.upload(f"{folder}empty.jpg", b"")
    bucket = pipeline.outputs["UploadsBucketName"]

    with operator(pipeline) as stack:

        def run() -> Iterator[Outcome]:
            objects = listed(stack.s3, bucket, folder)
            return (outcome for _, outcome in steps(stack, objects, 1000, bucket))

        list(islice(run(), 5))  # interrupted
        again = list(run())
        assert {Outcome.FOLDER, Outcome.IMPORTED} <= set(again) <= {*NOTHING_WRONG}
        for key in keys:
            pipeline.wait(key, "completed")
        assert pipeline.wait(empty, "rejected")["reason"] == "empty"
        pipeline.settled()
        assert sorted(run()) == [Outcome.FOLDER] + [Outcome.KNOWN] * 9

    (uploaded,) = [event for event in pipeline.log(keys[0]) if event.detail_type == "ImageUploaded"]
    assert uploaded.detail["data"]["reason"] == "imported"
    assert len(pipeline.wait_notifications(keys[0])) == 1
    imported = pipeline.status(keys[0])["revision"]
    pipeline.upload(keys[0], jpeg("red"))
    pipeline.settled()
    item = pipeline.wait(keys[0], "completed")
    assert item["revision"] > imported
    assert item["width"] == 800


@pytest.mark.e2e
def test_another_bucket_is_copied_and_processed(pipeline: Pipeline) -> None:
    s3, other, bucket = pipeline.client("s3"), "import-source", pipeline.outputs["UploadsBucketName"]
    key = pipeline.key("copied é+%20.jpg")
    s3.create_bucket(Bucket=other)
    s3.put_object(Bucket=other, Key=key, Body=jpeg(size=(200, 150)))
    source = f"arn:aws:s3:::{other}"
    permissions = [
        ("s3:ListBucket", source),
        ("s3:GetObject", f"{source}/*"),
        ("s3:PutObject", f"arn:aws:s3:::{bucket}/*"),
    ]
    try:
        with operator(pipeline, *permissions) as stack:

            def run() -> list[Outcome]:
                objects = listed(stack.s3, other, "")
                return [outcome for _, outcome in steps(stack, objects, 1000, other)]

            assert run() == [Outcome.COPIED]
            assert run() == [Outcome.KNOWN]
    finally:
        s3.delete_object(Bucket=other, Key=key)
        s3.delete_bucket(Bucket=other)
    pipeline.wait(key, "completed")
    (uploaded,) = [event for event in pipeline.log(key) if event.detail_type == "ImageUploaded"]
    assert uploaded.detail["data"]["reason"] == "CopyObject"
