"""Bring files into the uploads bucket: in parallel, and each of them once, however often it is tried."""

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

#: How often a file is looked at and put again when another writer was at the same key.
ATTEMPTS = 3


class UploadOutcome(StrEnum):
    UPLOADED = "uploaded"
    THERE = "there already"
    FAILED = "failed"


@dataclass(frozen=True)
class Done:
    file: File
    outcome: UploadOutcome
    started: datetime
    why: str = ""


@dataclass
class UploadResult:
    """`done` in the order in which the files came to their end; `left` were not begun."""

    done: list[Done] = field(default_factory=list)
    left: int = 0

    def of(self, outcome: UploadOutcome) -> list[Done]:
        return [each for each in self.done if each.outcome is outcome]


Progress = Callable[[Done], None]


def upload(
    s3: S3Client,
    bucket: str,
    files: Iterable[File],
    *,
    jobs: int,
    stop: threading.Event,
    progress: Progress = lambda _: None,
) -> UploadResult:
    """Upload what is not there yet; `jobs` files are in memory at once. A file that fails stops no other.

    Once `stop` is set nothing new is begun, and what is under way is finished. Raises what boto3 raises when
    there is no service or no credentials.
    """
    rest = iter(files)
    result = UploadResult()
    with ThreadPoolExecutor(jobs, thread_name_prefix="upload") as pool:
        running: set[Future[Done]] = set()
        while True:
            while len(running) < jobs and not stop.is_set() and (file := next(rest, None)) is not None:
                running.add(pool.submit(_one, s3, bucket, file))
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                result.done.append(future.result())
                progress(result.done[-1])
    result.left = sum(1 for _ in rest)
    return result


def _one(s3: S3Client, bucket: str, file: File) -> Done:
    started = datetime.now(UTC)
    try:
        outcome = _bring(s3, bucket, file)
    except (OSError, UnicodeEncodeError, _Refused) as error:
        return Done(file, UploadOutcome.FAILED, started, str(error))
    except ClientError as error:
        return Done(file, UploadOutcome.FAILED, started, error.response["Error"].get("Message") or str(error))
    return Done(file, outcome, started)


class _Refused(Exception):
    """This file cannot be uploaded as it is."""


def _bring(s3: S3Client, bucket: str, file: File) -> UploadOutcome:
    """Put the file unless the object is there with the same content.

    Where there was no object the request says so: when an answer was lost and the request is sent again, or
    when another run was faster, S3 refuses the second one instead of keeping a second version.
    """
    if len(file.key.encode()) > MAX_KEY_BYTES:
        raise _Refused(f"its key is longer than {MAX_KEY_BYTES} bytes")
    data = file.path.read_bytes()
    for _ in range(ATTEMPTS):
        there = _head(s3, bucket, file.key)
        if there is not None and same(there, data):
            return UploadOutcome.THERE
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if there is None else {"IfMatch": there["ETag"]}
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

    By the sha256 in its metadata; without one by its ETag, which is the MD5 of what was put in one part and
    not encrypted with a KMS key. Where neither tells, it counts as different.
    """
    if head["ContentLength"] != len(data):
        return False
    if sha256 := head.get("Metadata", {}).get("sha256"):
        return bool(sha256 == hashlib.sha256(data).hexdigest())
    return bool(head["ETag"].strip('"') == hashlib.md5(data, usedforsecurity=False).hexdigest())


def _head(s3: S3Client, bucket: str, key: str) -> Any:
    """HeadObject's answer, or None where there is no object, or a delete marker covers it."""
    try:
        return s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _status(error) == 404:
            return None
        raise


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
