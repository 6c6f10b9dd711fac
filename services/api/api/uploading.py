"""New images: server-chosen keys, upload forms, and direct uploads of small files."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from api.incoming import parse
from api.models import META_NAME, Accepted, ProblemDetails, PutTicket, Refusal, Ticket, UploadRequest
from api.problems import HttpProblem
from api.settings import Settings
from api.storage import META, Hidden, Storage, expiry
from api.views import links
from imagebus.clock import Clock
from imagebus.image_types import EXTENSION_OF_MIME
from imagebus.objects import encoded

#: Lambda accepts at most 6 MB per invocation, and the body arrives in base64.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_INLINE_BYTES = 4 * 1024 * 1024

MAX_NAME = 100
MAX_META_BYTES = 2048


def safe_name(filename: str, content_type: str) -> str:
    """The file's name in letters, digits, dots, dashes and underscores; never a path, never empty."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem:
        stem, extension = name, ""
    extension = _plain(extension)[:10] or EXTENSION_OF_MIME[content_type]
    return f"{_plain(stem)[: MAX_NAME - 1 - len(extension)] or 'image'}.{extension}"


def _plain(text: str) -> str:
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_text).strip(".-_")


def mint(filename: str, content_type: str, now: datetime, unique: uuid.UUID) -> str:
    """`uploads/<year>/<month>/<uuid>/<name>`: nobody can choose, guess or overwrite another's key."""
    return f"uploads/{now:%Y/%m}/{unique}/{safe_name(filename, content_type)}"


def headers_of(metadata: Mapping[str, str]) -> dict[str, str]:
    """S3's headers for what the caller says about the file. Raises HttpProblem.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
    """
    if not all(re.fullmatch(META_NAME, name) for name in metadata):
        detail = "Names of user_metadata consist of lower-case letters, digits and dashes."
        raise HttpProblem(HTTPStatus.BAD_REQUEST, "invalid_metadata", detail)
    headers = {f"{META}{name}": encoded(value) for name, value in metadata.items()}
    if sum(len(name) - len(META) + len(value) for name, value in headers.items()) > MAX_META_BYTES:
        raise _too_large(f"user_metadata has at most {MAX_META_BYTES} bytes, names and values together.")
    return headers


@dataclass(frozen=True)
class Uploads:
    settings: Settings
    storage: Storage
    clock: Clock
    unique: Callable[[], uuid.UUID] = field(default=uuid.uuid4)

    def ticket_or_refusal(self, wanted: Any) -> Ticket | PutTicket | Refusal:
        """For one file of several, of which another must not suffer."""
        try:
            return self.ticket(wanted)
        except HttpProblem as problem:
            name = wanted.get("filename") if isinstance(wanted, dict) else None
            # JSON can escape half of a surrogate pair, which no answer can hold.
            filename = name.encode(errors="replace").decode() if isinstance(name, str) else None
            return Refusal(filename=filename, error=ProblemDetails(**problem.body()))

    def ticket(self, wanted: Any) -> Ticket | PutTicket:
        """What allows the upload. `wanted` is the JSON of an UploadRequest. Raises HttpProblem."""
        request = parse(UploadRequest, wanted)
        self.require_type(request.content_type)
        if request.size > self.settings.max_bytes:
            raise _too_large(
                f"{request.size} bytes are more than the {self.settings.max_bytes} that are accepted."
            )
        metadata = headers_of(request.user_metadata)
        if request.key:
            return self._put(request, metadata)
        now = self.clock.now()
        key = mint(request.filename, request.content_type, now, self.unique())
        form = self.storage.form(
            self.settings.uploads_bucket, key, request.content_type, request.size, metadata
        )
        return Ticket(
            key=key,
            method="POST",
            url=form.url,
            fields=form.fields,
            expires_at=expiry(now),
            links=links(key),
        )

    def _put(self, request: UploadRequest, metadata: Mapping[str, str]) -> PutTicket:
        """S3 itself keeps an upload from replacing an object. To look first saves the caller the bytes."""
        bucket, key = self.settings.uploads_bucket, request.key
        headers = {"Content-Type": request.content_type, **metadata}
        if not request.overwrite:
            headers["If-None-Match"] = "*"
            with suppress(Hidden):
                if self.storage.original(bucket, key):
                    detail = "There is an image under this key. To replace it, send overwrite: true."
                    raise HttpProblem(HTTPStatus.CONFLICT, "key_exists", detail)
        url = self.storage.upload(bucket, key, request.content_type, request.size, headers)
        expires_at = expiry(self.clock.now())
        return PutTicket(
            key=key, method="PUT", url=url, headers=headers, expires_at=expires_at, links=links(key)
        )

    def take(self, filename: str, content_type: str, body: bytes) -> Accepted:
        """Store a small file directly. Raises HttpProblem."""
        self.require_type(content_type)
        limit = min(MAX_INLINE_BYTES, self.settings.max_bytes)
        if len(body) > limit:
            raise _too_large(
                f"The file has {len(body)} bytes; the limit here is {limit}. POST /images takes larger ones."
            )
        if not body:
            raise HttpProblem(HTTPStatus.BAD_REQUEST, "empty", "The body is empty.")
        key = mint(filename, content_type, self.clock.now(), self.unique())
        self.storage.put(self.settings.uploads_bucket, key, body, content_type)
        return Accepted(key=key, links=links(key))

    def require_type(self, content_type: str) -> None:
        """Raises HttpProblem for a type that the pipeline would reject."""
        if content_type not in self.settings.content_types:
            accepted = ", ".join(self.settings.content_types)
            raise HttpProblem(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "unsupported_type",
                f"This system accepts the types {accepted}.",
            )


def _too_large(detail: str) -> HttpProblem:
    return HttpProblem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", detail)
