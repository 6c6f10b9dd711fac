"""Which objects an import looks at: a listing of the bucket, or an S3 Inventory report.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from imagebus_cli.problem import Problem

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: The first columns of every report; a manifest names the others.
COLUMNS = ("Bucket", "Key")


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
        if not text.startswith("s3://") or not bucket:
            raise Problem(f"{text!r} is not an address in S3.", "Example: s3://bucket/prefix", exit_code=2)
        return cls(bucket, key)


def listed(s3: S3Client, bucket: str, prefix: str) -> Iterator[Candidate]:
    """The current objects of the bucket."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            yield Candidate(each["Key"], each["Size"], each.get("StorageClass", "STANDARD"))


def inventoried(s3: S3Client, where: str, bucket: str, prefix: str) -> Iterator[Candidate]:
    """The bucket's current objects according to a report: its manifest.json, or one of its CSV files.

    Raises Problem for a report of another bucket or in another format.
    """
    if not where.endswith("manifest.json"):
        yield from _rows(_read(s3, where), COLUMNS, bucket, prefix)
        return
    manifest = json.loads(_read(s3, where))
    if manifest.get("fileFormat") != "CSV":
        raise Problem(f"The report's format is {manifest.get('fileFormat')}.", "Configure the report as CSV.")
    columns = [name.strip() for name in manifest["fileSchema"].split(",")]
    reports = manifest["destinationBucket"].rpartition(":::")[2]
    for file in manifest["files"]:
        beside = Path(where).with_name(file["key"].rsplit("/", 1)[-1])
        place = (
            f"s3://{reports}/{file['key']}"
            if where.startswith("s3://") or not beside.exists()
            else str(beside)
        )
        yield from _rows(_read(s3, place), columns, bucket, prefix)


def _read(s3: S3Client, where: str) -> bytes:
    if where.startswith("s3://"):
        address = Address.parse(where)
        body = s3.get_object(Bucket=address.bucket, Key=address.key)["Body"].read()
    else:
        try:
            body = Path(where).read_bytes()
        except OSError as error:
            raise Problem(
                f"{where} cannot be read: {error.strerror}.", "Check its name.", exit_code=2
            ) from error
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def _rows(data: bytes, columns: Sequence[str], bucket: str, prefix: str) -> Iterator[Candidate]:
    for values in csv.reader(io.StringIO(data.decode())):
        row: Mapping[str, Any] = dict(zip(columns, values, strict=False))
        if row.get("Bucket") != bucket:
            raise Problem(
                f"The report is about the bucket {row.get('Bucket')!r}.", f"Name a report of {bucket}."
            )
        key = unquote_plus(row["Key"])  # keys are URL-encoded in CSV
        current = row.get("IsLatest", "true") != "false" and row.get("IsDeleteMarker", "false") != "true"
        if current and key.startswith(prefix):
            size = row.get("Size")
            yield Candidate(key, int(size) if size else None, row.get("StorageClass") or "STANDARD")
