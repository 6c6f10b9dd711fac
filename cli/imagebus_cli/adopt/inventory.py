"""The objects that an S3 Inventory report names.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import msgspec
from botocore.exceptions import ClientError

from imagebus_cli.adopt.sources import Address, Candidate
from imagebus_cli.output.text import count
from imagebus_cli.problem import Problem

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: The first columns of every report; a manifest names the others.
COLUMNS = ("Bucket", "Key")
#: S3's limit, in bytes of UTF-8.
#: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
LONGEST_KEY = 1024
GZIP, PARQUET, ORC = b"\x1f\x8b", b"PAR1", b"ORC"

CHECK = "Nothing was imported. Correct the file, or download the report again."
ONLY_CSV = "Nothing was imported. Only CSV can be read: set the format of the inventory to CSV."


class DataFile(msgspec.Struct):
    key: str
    md5: str = msgspec.field(name="MD5checksum", default="")


class Manifest(msgspec.Struct, rename="camel"):
    source_bucket: str
    destination_bucket: str
    file_format: str
    file_schema: str
    files: list[DataFile]


@dataclass(frozen=True)
class File:
    """A CSV file of a report."""

    name: str
    data: bytes
    columns: Sequence[str]
    bucket: str

    def rows(self) -> Iterator[Candidate]:
        """The current objects. Raises Problem with the line of the first mistake."""
        for magic, name in ((PARQUET, "a Parquet"), (ORC, "an ORC")):
            if self.data.startswith(magic):
                raise Problem(f"{self.name} is {name} file.", ONLY_CSV, exit_code=2)
        zipped = self.data.startswith(GZIP) or self.name.endswith(".gz")
        lines = gzip.GzipFile(fileobj=io.BytesIO(self.data)) if zipped else io.BytesIO(self.data)
        # An editor may have put a byte order mark at the beginning.
        text = (each.decode("utf-8" if number else "utf-8-sig") for number, each in enumerate(lines))
        reader = csv.reader(text, strict=True)
        try:
            for values in reader:
                if values and (found := self._candidate(values)):
                    yield found
        except _Wrong as error:
            raise _problem(self.name, f"line {reader.line_num}: {error}") from None
        except csv.Error as error:
            raise _problem(self.name, f"line {reader.line_num}: not CSV ({error})") from None
        except UnicodeDecodeError:
            raise _problem(self.name, f"line {reader.line_num + 1}: not UTF-8") from None
        except (EOFError, OSError, zlib.error):
            raise _problem(
                self.name, f"line {reader.line_num + 1}: the gzip file is damaged or cut off"
            ) from None

    def _candidate(self, values: Sequence[str]) -> Candidate | None:
        """None for what is not current."""
        if len(values) < len(self.columns):
            expected = f"{len(self.columns)} ({', '.join(self.columns)})"
            raise _Wrong(f"{count(len(values), 'column')}, expected {expected}")
        row = dict(zip(self.columns, values, strict=False))
        if row["Bucket"] != self.bucket:
            raise _Wrong(f"an object of the bucket {row['Bucket']!r}, not {self.bucket}")
        try:
            key = unquote_plus(row["Key"], errors="strict")  # keys are URL-encoded in CSV
        except UnicodeDecodeError:
            raise _Wrong("the decoded key is not UTF-8") from None
        if not 0 < len(key.encode()) <= LONGEST_KEY:
            raise _Wrong(f"a key has 1 to {LONGEST_KEY} bytes")
        size = row.get("Size")
        if size and not size.isdecimal():
            raise _Wrong(f"{size!r} is not a size")
        if row.get("IsLatest", "true") == "false" or row.get("IsDeleteMarker", "false") == "true":
            return None
        return Candidate(key, int(size) if size else None, row.get("StorageClass") or "STANDARD")


class _Wrong(Exception):
    """What is wrong in a line."""


def inventoried(s3: S3Client, where: str, bucket: str, prefix: str) -> Iterator[Candidate]:
    """The bucket's current objects according to a report: its manifest.json, or one of its CSV files.

    All files are read and checked before the first object is returned, so nothing is imported from a damaged
    report. Raises Problem.
    """
    body = _read(s3, where)
    files = (
        _listed(s3, where, body, bucket) if where.endswith(".json") else [File(where, body, COLUMNS, bucket)]
    )
    for file in files:
        for _ in file.rows():
            pass
    for file in files:
        yield from (each for each in file.rows() if each.key.startswith(prefix))


def _listed(s3: S3Client, where: str, body: bytes, bucket: str) -> list[File]:
    """The files that a manifest names: beside it, or else where the report was written."""
    try:
        manifest = msgspec.convert(json.loads(body), Manifest)
    except msgspec.ValidationError as error:
        raise _problem(where, f"not the manifest of a report ({error})") from None
    except (ValueError, RecursionError) as error:
        raise _problem(where, f"not JSON ({error})") from None
    if manifest.file_format != "CSV":
        raise Problem(f"{where}: the report's format is {manifest.file_format}.", ONLY_CSV, exit_code=2)
    if manifest.source_bucket != bucket:
        raise _problem(where, f"a report of the bucket {manifest.source_bucket!r}, not {bucket}")
    columns = [name.strip() for name in manifest.file_schema.split(",")]
    if not set(COLUMNS) <= set(columns):
        raise _problem(where, f"fileSchema has no {' and '.join(COLUMNS)}")
    reports, files = manifest.destination_bucket.rpartition(":::")[2], []
    local = not where.startswith("s3://")
    folder = {each.name: each for each in Path(where).parent.iterdir()} if local else {}
    for each in manifest.files:
        beside = folder.get(each.key.rsplit("/", 1)[-1])
        place = str(beside) if beside else f"s3://{reports}/{each.key}"
        data = _read(s3, place)
        if each.md5 and hashlib.md5(data, usedforsecurity=False).hexdigest() != each.md5.lower():
            raise _problem(place, f"its MD5 is not {each.md5}, which {where} names")
        files.append(File(place, data, columns, bucket))
    return files


def _read(s3: S3Client, where: str) -> bytes:
    try:
        if where.startswith("s3://"):
            address = Address.parse(where)
            if not address.key:
                raise Problem(f"{where} names no report.", "Example: s3://bucket/manifest.json", exit_code=2)
            return s3.get_object(Bucket=address.bucket, Key=address.key)["Body"].read()
        return Path(where).read_bytes()
    except ClientError as error:
        why = error.response["Error"].get("Message")
    except OSError as error:
        why = error.strerror
    raise Problem(
        f"{where} cannot be read: {why}.",
        "Nothing was imported. Check the name and your access.",
        exit_code=2,
    )


def _problem(where: str, what: str) -> Problem:
    return Problem(f"{where}: {what}.", CHECK, exit_code=2)
