"""Delete objects of S3, whatever their keys are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: DeleteObjects' limit.
BATCH = 1000
#: What no XML 1.0 document can hold, not even escaped: https://www.w3.org/TR/xml/#charsets
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def delete(s3: S3Client, bucket: str, objects: Sequence[Any]) -> Iterator[Any]:
    """Delete each `{"Key": …, "VersionId": …}`, and yield what S3 says about those that it kept.

    DeleteObjects takes a document of XML. If one key cannot be written there, S3 refuses all of them, or
    deletes nothing and does not say so. DeleteObject has the key in its address, encoded.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html#object-key-xml-related-constraints
    https://github.com/boto/boto3/issues/2005, https://github.com/aws/aws-sdk/issues/271
    """
    writable = [each for each in objects if not UNWRITABLE.search(each["Key"])]
    for start in range(0, len(writable), BATCH):
        batch = writable[start : start + BATCH]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        yield from answer.get("Errors", [])
    for each in objects:
        if UNWRITABLE.search(each["Key"]):
            try:
                s3.delete_object(Bucket=bucket, **each)
            except ClientError as error:
                if error.response["Error"]["Code"] != "AccessDenied":
                    raise
                yield {"Key": repr(each["Key"]), **error.response["Error"]}
