"""Images of which S3 shows something else than their status, because an event of S3 was lost.

Workers drop what is no longer current, so no stage can finish such an image. ingest is asked to look at S3
again, under the revision right after the newest that is known: every real event, however late, is newer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imagebus.history.retry import RetryRequest
from imagebus.identity import revision_after

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Uploads:
    """The uploads bucket."""

    client: Callable[[], S3Client]
    bucket: str

    def why(self, item: Mapping[str, Any]) -> str:
        """What is wrong with the status item; empty if S3 shows what it does."""
        current = self._current(item["image_key"])
        if item.get("status") == "deleted":
            return "is in S3, but its status is deleted" if current else ""
        if current is None:
            return "is no longer in S3"
        version, etag = item.get("version_id"), item.get("etag")
        same = current["VersionId"] == version if version else etag in (None, current["ETag"].strip('"'))
        return "" if same else "S3 shows another version"

    def look_again(self, item: Mapping[str, Any]) -> RetryRequest:
        """Has ingest announce what S3 shows now, as it does when a version was permanently removed."""
        removed = {"key": item["image_key"], "sequencer": revision_after(item["revision"])}
        if "version_id" in item:
            removed["version-id"] = item["version_id"]
        detail = {"bucket": {"name": self.bucket}, "object": removed, "deletion-type": "Permanently Deleted"}
        envelope = {"source": "aws.s3", "detail-type": "Object Deleted"}
        return RetryRequest({**envelope, "detail": {**detail, "reason": "retry"}}, ("ingest",))

    def _current(self, key: str) -> Any:
        """The current version; None if there is none, or a delete marker. S3 lists the newest version first.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
        """
        listed = self.client().list_object_versions(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        found = (each for each in listed.get("Versions", ()) if each["Key"] == key and each["IsLatest"])
        return next(found, None)
