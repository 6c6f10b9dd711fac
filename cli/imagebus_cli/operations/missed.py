"""Images of which S3 shows something else than their status, because an event of S3 was lost.

Workers drop what is no longer current, so no stage can finish such an image. ingest is asked to look at S3
again, under the revision right after the newest that is known: every real event, however late, is newer.
"""

from __future__ import annotations

from typing import Any

from imagebus.history.fold import Item
from imagebus.history.retry import RetryRequest
from imagebus.identity import canonical_json, revision_after
from imagebus.naming import inbox_urls
from imagebus_cli.stack.deployed import Stack


def why(stack: Stack, item: Item) -> str:
    """What is wrong; empty if S3 shows what the status does."""
    current = _current(stack, item)
    if item.get("status") == "deleted":
        return "is in S3, but its status is deleted" if current else ""
    if current is None:
        return "is no longer in S3"
    version, etag = item.get("version_id"), item.get("etag")
    same = current["VersionId"] == version if version else etag in (None, current["ETag"].strip('"'))
    return "" if same else "S3 shows another version"


def look_again(stack: Stack, item: Item) -> RetryRequest:
    """Have ingest announce what S3 shows now, as it does when a version was permanently removed."""
    removed = {"key": item["image_key"], "sequencer": revision_after(item["revision"])}
    if "version_id" in item:
        removed["version-id"] = item["version_id"]
    detail = {"bucket": {"name": stack.uploads}, "object": removed, "deletion-type": "Permanently Deleted"}
    envelope = {"source": "aws.s3", "detail-type": "Object Deleted", "detail": detail | {"reason": "retry"}}
    url = inbox_urls(stack.outputs["InboxUrls"])["ingest"]
    stack.sqs.send_message(QueueUrl=url, MessageBody=canonical_json(envelope))
    return RetryRequest(envelope, ("ingest",))


def _current(stack: Stack, item: Item) -> Any:
    """The current version; None if there is none, or a delete marker. S3 lists the newest version first."""
    key = item["image_key"]
    listed = stack.s3.list_object_versions(Bucket=stack.uploads, Prefix=key, MaxKeys=1)
    found = (each for each in listed.get("Versions", ()) if each["Key"] == key and each["IsLatest"])
    return next(found, None)
