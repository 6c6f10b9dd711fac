"""New images: server-chosen keys, upload forms, and direct uploads of small files."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from api.incoming import parse
from api.models import Accepted, ProblemDetails, Refusal, Ticket, UploadRequest
from api.problems import HttpProblem
from api.settings import Settings
from api.storage import Storage, expiry
from api.views import links
from imagebus.clock import Clock
from imagebus.image_types import EXTENSION_OF_MIME

#: Lambda accepts at most 6 MB per invocation, and the body arrives in base64.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_INLINE_BYTES = 4 * 1024 * 1024

MAX_NAME = 100


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


@dataclass(frozen=True)
class Uploads:
    settings: Settings
    storage: Storage
    clock: Clock
    unique: Callable[[], uuid.UUID] = field(default=uuid.uuid4)

    def ticket_or_refusal(self, wanted: Any) -> Ticket | Refusal:
        """For one file of several, of which another must not suffer."""
        try:
            return self.ticket(wanted)
        except HttpProblem as problem:
            name = wanted.get("filename") if isinstance(wanted, dict) else None
            error = ProblemDetails(**problem.body())
            return Refusal(filename=name if isinstance(name, str) else None, error=error)

    def ticket(self, wanted: Any) -> Ticket:
        """A presigned form. `wanted` is the JSON of an UploadRequest. Raises HttpProblem."""
        request = parse(UploadRequest, wanted)
        self.require_type(request.content_type)
        if request.size > self.settings.max_bytes:
            raise _too_large(
                f"{request.size} bytes are more than the {self.settings.max_bytes} that are accepted."
            )
        now = self.clock.now()
        key = mint(request.filename, request.content_type, now, self.unique())
        form = self.storage.form(self.settings.uploads_bucket, key, request.content_type, request.size)
        return Ticket(key=key, url=form.url, fields=form.fields, expires_at=expiry(now), links=links(key))

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
