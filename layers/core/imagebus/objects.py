"""Objects in S3, read as one pinned version: never the bytes of another upload to the same key."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Superseded(Exception):
    """The object has been overwritten or deleted. Another event follows, so this one needs no answer."""


class Gone(Superseded):
    """The version was permanently removed. S3's event about that is still to come or was handled before."""


class Contradiction(Exception):
    """S3 shows a version and also says that it is missing. Another attempt gets a true answer.

    It may do so for 15 minutes after versioning was first enabled on a bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
    """

    def __init__(self) -> None:
        super().__init__("S3 shows the version that it says is missing")


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One upload. `version_id` pins it; without one, `etag` does."""

    bucket: str
    key: str
    version_id: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class CurrentObject:
    """What S3 shows under a key. `version_id` is None in a bucket without versions."""

    version_id: str | None
    size: int
    etag: str
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes of an object, and what its uploader says about it."""

    body: bytes
    metadata: Mapping[str, str]


class ObjectStore(Protocol):
    def get(self, ref: ObjectRef) -> bytes:
        """The whole object. Raises Superseded, Gone or Contradiction."""
        ...

    def read(self, ref: ObjectRef) -> Stored:
        """The same, with its metadata."""
        ...

    def is_current(self, ref: ObjectRef) -> bool:
        """Whether this upload is still the newest of its key. Raises Contradiction."""
        ...

    def current(self, bucket: str, key: str) -> CurrentObject | None:
        """The current version of the key; None if it has none, or only a delete marker."""
        ...

    def has_version(self, bucket: str, key: str, version_id: str) -> bool:
        """Whether the key has this version, which may be a delete marker."""
        ...

    def sizes(self, bucket: str, key: str) -> Sequence[int]:
        """The bytes of each version of the key that is not a delete marker."""
        ...

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None: ...

    def delete(self, bucket: str, keys: Sequence[str]) -> None: ...

    def list(self, bucket: str, prefix: str) -> Iterator[str]: ...


class S3ObjectStore:
    def __init__(self, client: S3Client) -> None:
        self._client = client

    def get(self, ref: ObjectRef) -> bytes:
        return self.read(ref).body

    def read(self, ref: ObjectRef) -> Stored:
        from botocore.exceptions import ClientError

        pin: dict[str, Any] = (
            {"VersionId": ref.version_id} if ref.version_id else {"IfMatch": f'"{ref.etag}"'}
        )
        try:
            response = self._client.get_object(Bucket=ref.bucket, Key=ref.key, **pin)
            metadata = {name: decoded(value) for name, value in response.get("Metadata", {}).items()}
            return Stored(response["Body"].read(), metadata)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status in (405, 412):
                raise Superseded(ref.key) from error
            if status == 404:
                raise self._why_missing(ref) from error
            raise

    def _why_missing(self, ref: ObjectRef) -> Exception:
        head = self._head(ref)
        if head is None:
            return Gone(ref.key)
        return Superseded(ref.key) if head.get("deleted") or not _same(ref, head) else Contradiction()

    def is_current(self, ref: ObjectRef) -> bool:
        head = self._head(ref)
        # A key without a current version and without a delete marker has no versions at all.
        if head is None and ref.version_id and self.has_version(ref.bucket, ref.key, ref.version_id):
            raise Contradiction
        return head is not None and not head.get("deleted") and _same(ref, head)

    def current(self, bucket: str, key: str) -> CurrentObject | None:
        head = self._head(ObjectRef(bucket, key, None, ""))
        if head is None or head.get("deleted"):
            return None
        version_id, etag = head.get("VersionId"), head["ETag"].strip('"')
        return CurrentObject(version_id, head["ContentLength"], etag, head.get("LastModified"))

    def _head(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The newest version; `{"deleted": True}` for a delete marker, None if there is no object."""
        from botocore.exceptions import ClientError

        try:
            return dict(self._client.head_object(Bucket=ref.bucket, Key=ref.key))
        except ClientError as error:
            metadata = error.response["ResponseMetadata"]
            if metadata["HTTPStatusCode"] != 404:
                raise
            marker = metadata["HTTPHeaders"].get("x-amz-delete-marker") == "true"
            return {"deleted": True} if marker else None

    def has_version(self, bucket: str, key: str, version_id: str) -> bool:
        """Whether the key has this version, which may be a delete marker. It needs s3:GetObjectVersion alone.

        About a version that does not exist S3 answers 403 to those who may not list the bucket, and about a
        delete marker 405.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        """
        from botocore.exceptions import ClientError

        try:
            self._client.head_object(Bucket=bucket, Key=key, VersionId=version_id)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status not in (403, 404, 405):
                raise
            return bool(status == 405)
        return True

    def sizes(self, bucket: str, key: str) -> Sequence[int]:
        listed = self._client.list_object_versions(Bucket=bucket, Prefix=key)  # the key itself comes first
        return [each["Size"] for each in listed.get("Versions", ()) if each["Key"] == key]

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        # A derived key names its revision, so its content never changes.
        self._client.put_object(
            Bucket=bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            CacheControl="public, max-age=31536000, immutable",
        )

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        for key in keys:
            self._client.delete_object(Bucket=bucket, Key=key)

    def list(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for item in page.get("Contents", []):
                yield item["Key"]


def is_folder(key: str, size: int | None) -> bool:
    """Whether it is a folder marker, as the S3 console creates it: empty, with a key that ends with a slash.

    Not if the size is unknown, as in a report without sizes: S3 accepts any content under such a key, so the
    import asks S3 first.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-folders.html
    """
    return key.endswith("/") and size == 0


def encoded(value: str) -> str:
    """A value of metadata as a header: RFC 2047, if it is not plain.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    """
    if value.isascii() and value == value.strip() and "=?" not in value:
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="


def decoded(value: str) -> str:
    """The inverse; any other text as it is."""
    from email.errors import MessageError
    from email.header import decode_header, make_header

    if "=?" not in value:
        return value
    try:
        text = str(make_header(decode_header(value)))
    except (ValueError, LookupError, MessageError):
        return value
    return text.encode(errors="replace").decode()


def _same(ref: ObjectRef, head: dict[str, Any]) -> bool:
    if ref.version_id:
        return bool(head.get("VersionId") == ref.version_id)
    return bool(head["ETag"].strip('"') == ref.etag)
