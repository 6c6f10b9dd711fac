"""The two buckets as the API uses them: presigned forms and URLs, small uploads, delete markers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlsplit

from imagebus.clock import timestamp

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

#: How long a presigned form or URL is valid, in seconds.
EXPIRES_IN = 300
#: Begins the headers and fields of what a caller says about an object.
META = "x-amz-meta-"


@dataclass(frozen=True, slots=True)
class Form:
    """A presigned POST."""

    url: str
    fields: dict[str, str]


class Hidden(Exception):
    """S3 does not say whether the object exists."""


@dataclass(frozen=True, slots=True)
class Original:
    """The current version of the uploaded object."""

    size: int
    modified: datetime


class Storage(Protocol):
    def original(self, bucket: str, key: str) -> Original | None:
        """None if there is no object, or a delete marker covers it. Raises Hidden."""
        ...

    def form(self, bucket: str, key: str, content_type: str, size: int, metadata: Mapping[str, str]) -> Form:
        """A form that accepts exactly this key, type, number of bytes and metadata."""
        ...

    def upload(self, bucket: str, key: str, content_type: str, size: int, headers: Mapping[str, str]) -> str:
        """A URL that one can PUT exactly this key, type and number of bytes to, with these headers."""
        ...

    def url(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        content_type: str | None = None,
        download_as: str | None = None,
    ) -> str:
        """A URL that reads the object without credentials, for EXPIRES_IN seconds."""
        ...

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None: ...

    def delete(self, bucket: str, key: str) -> None:
        """Write a delete marker. The versions stay."""
        ...


class S3Storage:
    """`client` is imagebus.aws.presigner()."""

    def __init__(self, client: S3Client) -> None:
        self._client = client

    def original(self, bucket: str, key: str) -> Original | None:
        from botocore.exceptions import ClientError

        try:
            head = self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 403:
                raise Hidden(key) from error
            if status in (400, 404):  # 400: S3 does not allow such a key
                return None
            raise
        return Original(head["ContentLength"], head["LastModified"])

    def form(self, bucket: str, key: str, content_type: str, size: int, metadata: Mapping[str, str]) -> Form:
        fields = {"Content-Type": content_type, **metadata}
        made = self._client.generate_presigned_post(
            bucket,
            key,
            Fields=dict(fields),
            Conditions=[
                ["eq", "$key", key],
                *(["eq", f"${name}", value] for name, value in fields.items()),
                ["content-length-range", size, size],
            ],
            ExpiresIn=EXPIRES_IN,
        )
        return Form(made["url"], {name: str(value) for name, value in made["fields"].items()})

    def upload(self, bucket: str, key: str, content_type: str, size: int, headers: Mapping[str, str]) -> str:
        # The headers become signed ones, so that S3 refuses a request with others.
        parameters: dict[str, Any] = {"ContentType": content_type, "ContentLength": size}
        parameters["Metadata"] = {
            name.removeprefix(META): value for name, value in headers.items() if name.startswith(META)
        }
        if condition := headers.get("If-None-Match"):
            parameters["IfNoneMatch"] = condition
        return self._client.generate_presigned_url(
            "put_object", Params={"Bucket": bucket, "Key": key, **parameters}, ExpiresIn=EXPIRES_IN
        )

    def url(
        self,
        bucket: str,
        key: str,
        *,
        version_id: str | None = None,
        content_type: str | None = None,
        download_as: str | None = None,
    ) -> str:
        parameters: dict[str, Any] = {"Bucket": bucket, "Key": key}
        if version_id:
            parameters["VersionId"] = version_id
        if content_type:
            parameters["ResponseContentType"] = content_type
        if download_as:
            parameters["ResponseContentDisposition"] = (
                f"attachment; filename*=UTF-8''{quote(download_as, safe='')}"
            )
        return self._client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=EXPIRES_IN)

    def put(self, bucket: str, key: str, body: bytes, content_type: str) -> None:
        self._client.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)

    def delete(self, bucket: str, key: str) -> None:
        self._client.delete_object(Bucket=bucket, Key=key)


def expiry(now: datetime) -> str:
    """When a form or URL that is presigned now ceases to work."""
    return timestamp(now + timedelta(seconds=EXPIRES_IN))


def origin(url: str) -> str:
    """`https://host:port` of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
