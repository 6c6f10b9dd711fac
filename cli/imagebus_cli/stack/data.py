"""Delete the buckets and tables that outlive a stack, with everything in them. Safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from imagebus_cli.output.text import count
from imagebus_cli.problem import Problem
from imagebus_cli.stack.deletion import delete

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from imagebus_cli.output.terminal import Say

#: Batches that are deleted at the same time, and the objects in each.
THREADS, BATCH = 8, 1000
#: A function that was still running may write after the last look.
ROUNDS = 5


def delete_bucket(s3: S3Client, bucket: str, say: Say) -> None:
    """Delete every version, delete marker and unfinished upload, then the bucket. Gone already is fine."""
    for _ in range(ROUNDS):
        try:
            _empty(s3, bucket, say)
            s3.delete_bucket(Bucket=bucket)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"NoSuchBucket", "404"}:
                return
            if code != "BucketNotEmpty":
                raise
        else:
            return
    raise Problem(f"Something still writes to {bucket}.", "Stop it, then run this again.")


def _empty(s3: S3Client, bucket: str, say: Say) -> None:
    deleted = 0
    before: list[list[Any]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        # Lists again from the beginning each time: nothing is listed while it is being deleted.
        while batches := list(islice(_batches(s3, bucket), THREADS)):
            if batches == before:
                what = f"S3 reports that it deleted {batches[0][0]['Key']!r} of {bucket}, and still lists it."
                raise Problem(what, "Delete it in the S3 console, then run this again.")
            before = batches
            deleted += sum(pool.map(lambda batch: _delete(s3, bucket, batch), batches))
            say(f"{bucket}: {count(deleted, 'version')} deleted")
    for key, upload in _unfinished(s3, bucket):
        with suppress(s3.exceptions.NoSuchUpload):
            s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


def _unfinished(s3: S3Client, bucket: str) -> Iterator[tuple[str, str]]:
    """Keys and ids of unfinished uploads.

    Only encoded can every key be in the answer. botocore asks for that and decodes when it lists objects or
    versions, but not here.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
    """
    after: dict[str, Any] = {}
    while True:
        page: Any = s3.list_multipart_uploads(Bucket=bucket, EncodingType="url", **after)
        read = unquote_plus if page.get("EncodingType") == "url" else str
        for upload in page.get("Uploads", []):
            yield read(upload["Key"]), upload["UploadId"]
        if not page.get("IsTruncated"):
            return
        after = {"KeyMarker": read(page["NextKeyMarker"]), "UploadIdMarker": page["NextUploadIdMarker"]}


def _batches(s3: S3Client, bucket: str) -> Iterator[list[Any]]:
    pages = s3.get_paginator("list_object_versions").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": BATCH}
    )
    for page in pages:
        found: list[Any] = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]


def _delete(s3: S3Client, bucket: str, batch: list[Any]) -> int:
    if errors := list(delete(s3, bucket, batch)):
        first = errors[0]
        what = (
            f"S3 kept {count(len(errors), 'object')} of {bucket}: {first.get('Key')}: {first.get('Message')}"
        )
        raise Problem(what, "Check your permissions and the bucket's object lock, then run this again.")
    return len(batch)


def delete_table(dynamodb: DynamoDBClient, table: str, say: Say) -> None:
    """Turn off deletion protection, delete the table and wait. Gone already is fine."""
    with suppress(dynamodb.exceptions.ResourceNotFoundException):
        about = dynamodb.describe_table(TableName=table)["Table"]
        if about["TableStatus"] != "DELETING":
            if about.get("DeletionProtectionEnabled"):
                dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
                dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 2})
            say(f"deleting {table}")
            dynamodb.delete_table(TableName=table)
        dynamodb.get_waiter("table_not_exists").wait(
            TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 300}
        )


def bucket_exists(s3: S3Client, bucket: str) -> bool:
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return False
        raise
    return True


def table_exists(dynamodb: DynamoDBClient, table: str) -> bool:
    try:
        dynamodb.describe_table(TableName=table)
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return True
