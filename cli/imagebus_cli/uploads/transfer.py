"""Upload files in parallel, each exactly once however often the upload is run."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from imagebus_cli.uploads.files import File, content_type

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: S3's limit, in bytes of UTF-8.
MAX_KEY_BYTES = 1024
#: S3's limit for an object that is put in one request. The file is read whole.
MAX_BYTES = 5 * 1024**3

#: How often a file is tried when another writer changed the same key in between.
ATTEMPTS = 3


class UploadOutcome(StrEnum):
    UPLOADED = "uploaded"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True)
class FileResult:
    file: File
    outcome: UploadOutcome
    started: datetime
    why: str = ""


@dataclass
class UploadResult:
    """The results in the order in which the files finished; `not_started` counts the others."""

    results: list[FileResult] = field(default_factory=list)
    not_started: int = 0

    def of(self, outcome: UploadOutcome) -> list[FileResult]:
        return [each for each in self.results if each.outcome is outcome]

    def keys(self, outcome: UploadOutcome) -> list[str]:
        return [each.file.key for each in self.of(outcome)]


OnResult = Callable[[FileResult], None]


def upload(
    s3: S3Client,
    bucket: str,
    files: Iterable[File],
    *,
    jobs: int,
    stop: threading.Event,
    progress: OnResult = lambda _: None,
) -> UploadResult:
    """Upload new and changed files; at most `jobs` are in memory at once. A failed file does not stop others.

    Once `stop` is set no further file is started, and running uploads finish. Raises what boto3 raises when
    the service or the credentials are missing.
    """
    rest = iter(files)
    batch = UploadResult()
    with ThreadPoolExecutor(jobs, thread_name_prefix="upload") as pool:
        running: set[Future[FileResult]] = set()
        while True:
            while len(running) < jobs and not stop.is_set() and (file := next(rest, None)) is not None:
                running.add(pool.submit(_one, s3, bucket, file))
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                batch.results.append(future.result())
                progress(batch.results[-1])
    batch.not_started = sum(1 for _ in rest)
    return batch


def _one(s3: S3Client, bucket: str, file: File) -> FileResult:
    started = datetime.now(UTC)
    try:
        outcome = _put(s3, bucket, file)
    except (OSError, UnicodeEncodeError, _Refused) as error:
        return FileResult(file, UploadOutcome.FAILED, started, str(error))
    except ClientError as error:
        why = error.response["Error"].get("Message") or str(error)
        return FileResult(file, UploadOutcome.FAILED, started, why)
    return FileResult(file, outcome, started)


class _Refused(Exception):
    """This file cannot be uploaded."""


def _put(s3: S3Client, bucket: str, file: File) -> UploadOutcome:
    """Put the file unless the object exists with the same content.

    The request is conditional on what was seen before: if an answer is lost and the request sent again, or
    another run was faster, S3 refuses the second request instead of storing a second version.
    """
    if len(file.key.encode()) > MAX_KEY_BYTES:
        raise _Refused(f"its key is longer than {MAX_KEY_BYTES} bytes")
    if file.size > MAX_BYTES:
        raise _Refused("it has more than 5 GB, and S3 takes no more in one request")
    data = file.path.read_bytes()
    for _ in range(ATTEMPTS):
        existing = _head(s3, bucket, file.key)
        if existing is not None and same(existing, data):
            return UploadOutcome.UNCHANGED
        condition: dict[str, Any] = (
            {"IfNoneMatch": "*"} if existing is None else {"IfMatch": existing["ETag"]}
        )
        try:
            s3.put_object(
                Bucket=bucket,
                Key=file.key,
                Body=data,
                ContentType=content_type(file.path) or "application/octet-stream",
                Metadata={"sha256": hashlib.sha256(data).hexdigest()},
                **condition,
            )
        except ClientError as error:
            if _status(error) not in (409, 412):
                raise
        else:
            return UploadOutcome.UPLOADED
    raise _Refused("another upload is writing to the same key; try again")


def same(head: Any, data: bytes) -> bool:
    """Whether an object, by its HeadObject answer, has this content.

    Compares the SHA-256 in its metadata, or else its ETag, which is the MD5 of an object put in one part
    without a KMS key. Where neither decides, the content counts as different.
    """
    if head["ContentLength"] != len(data):
        return False
    if sha256 := head.get("Metadata", {}).get("sha256"):
        return bool(sha256 == hashlib.sha256(data).hexdigest())
    return bool(head["ETag"].strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest())


def _head(s3: S3Client, bucket: str, key: str) -> Any:
    """HeadObject's answer, or None if there is no object or its newest version is a delete marker."""
    try:
        return s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _status(error) == 404:
            return None
        raise


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
