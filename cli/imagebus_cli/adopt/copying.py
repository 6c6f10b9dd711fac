"""Copy another bucket's objects into the uploads bucket, inside S3. S3's own events do the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from imagebus.erasures import Erasures
from imagebus.objects import is_folder
from imagebus_cli.adopt.adopting import AT_ONCE, Known, Pace, Spread, Step, batched, unknown
from imagebus_cli.adopt.outcome import ImportOutcome, of_error
from imagebus_cli.adopt.sources import Candidate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: CopyObject's limit. Larger objects are copied in parts.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
LARGEST = 5 * 1024**3
PARTS = TransferConfig(multipart_threshold=LARGEST, multipart_chunksize=512 * 1024**2)


class Copier:
    """Keys stay as they are. An object that exists in the uploads bucket is never overwritten."""

    def __init__(
        self, s3: S3Client, source: str, bucket: str, known: Known, erasures: Erasures, pace: Pace
    ) -> None:
        self._s3 = s3
        s3.meta.events.register("before-parameter-build.s3.CompleteMultipartUpload", _if_key_is_free)
        self._source = source
        self._bucket = bucket
        self._known = known
        self._erasures = erasures
        self._pace = pace

    def run(self, candidates: Iterable[Candidate], spread: Spread = map) -> Iterator[Step]:
        """Every object's outcome, in order."""
        for fresh in unknown(candidates, self._known):
            if isinstance(fresh, tuple):
                yield fresh
                continue
            for some in batched(fresh, AT_ONCE):
                self._pace.wait(len(some))
                yield from zip(some, spread(self._copy, some), strict=True)

    def _copy(self, each: Candidate) -> ImportOutcome:
        if self._is_taken(each.key):
            return ImportOutcome.KNOWN
        if self._erasures.of(each.key):
            return ImportOutcome.ERASED  # a copy would be a new upload, which no erasure covers
        source = {"Bucket": self._source, "Key": each.key}
        try:
            size = each.size
            if size is None:
                size = self._s3.head_object(**source)["ContentLength"]  # type: ignore[arg-type]
                if is_folder(each.key, size):
                    return ImportOutcome.FOLDER
            if size <= LARGEST:
                self._s3.copy_object(
                    Bucket=self._bucket,
                    Key=each.key,
                    CopySource=source,  # type: ignore[arg-type]
                    TaggingDirective="REPLACE",  # tags need permissions of their own, and nothing reads them
                    IfNoneMatch="*",
                )
            else:
                self._s3.copy(source, self._bucket, each.key, Config=PARTS)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                return ImportOutcome.KNOWN  # somebody was faster
            return of_error(error)
        return ImportOutcome.COPIED

    def _is_taken(self, key: str) -> bool:
        """Whether the key exists, as far as S3 says: it saves copying an object to a key that is taken.

        S3 answers 403 for an object that may not be read, and without s3:ListBucket also for a missing key;
        the copy, which is conditional, decides. It answers 400 for an object with a customer's key (SSE-C).
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status not in (400, 403, 404):
                raise
            return status == 400
        return True


def _if_key_is_free(params: dict[str, Any], **_: Any) -> None:
    """S3 then refuses to complete a copy in parts if the key exists; boto3's `copy` has no argument for it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
    """
    params["IfNoneMatch"] = "*"
