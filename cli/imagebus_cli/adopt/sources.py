"""Which objects an import looks at: those that a listing of the bucket, or a report, names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imagebus_cli.problem import Problem

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


#: What botocore accepts as the name of a bucket.
BUCKET = re.compile(r"[a-zA-Z0-9.\-_]{1,255}")


@dataclass(frozen=True)
class Candidate:
    """An object that may be imported. A report may leave out the size, and may be days old."""

    key: str
    size: int | None = None
    storage_class: str = "STANDARD"


@dataclass(frozen=True)
class Address:
    """`s3://bucket/key`, or `s3://bucket/prefix`."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Raises Problem."""
        bucket, _, key = text.removeprefix("s3://").partition("/")
        if not text.startswith("s3://") or not BUCKET.fullmatch(bucket):
            raise Problem(f"{text!r} is not an address in S3.", "Example: s3://bucket/prefix", exit_code=2)
        return cls(bucket, key)


def listed(s3: S3Client, bucket: str, prefix: str) -> Iterator[Candidate]:
    """The current objects of the bucket. Raises Problem if there is no such bucket."""
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                yield Candidate(each["Key"], each["Size"], each.get("StorageClass", "STANDARD"))
    except s3.exceptions.NoSuchBucket as error:
        raise Problem(f"There is no bucket {bucket}.", "Check its name.", exit_code=2) from error
